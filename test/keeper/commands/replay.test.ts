import { expect } from "chai";
import { after, before, describe, it } from "mocha";
import type { ChildProcess } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describeReplay } from "../../../keeper/commands/describeReplay.ts";
import { runReplay } from "../../../keeper/commands/replay.ts";
import { readConfig } from "../../../keeper/config.ts";
import { UserError } from "../../../keeper/errors.ts";
import type { RangeWish } from "../../../keeper/replay/replayRange.ts";
import type { ReplayReport } from "../../../keeper/replay/replayReport.ts";
import { resultOf } from "../../../keeper/sources/chainReader.ts";
import type { Rpc, RpcAnswer, RpcCall } from "../../../keeper/sources/rpcClient.ts";
import { ShadowLedger } from "../../../keeper/store/shadowLedger.ts";
import type { AccountId } from "../../../sdk/accountId.ts";
import { KEYS } from "../support/chain.ts";
import { etherFor } from "../support/etherFor.ts";
import { FaultProxy } from "../support/faultProxy.ts";
import { startKeeper } from "../support/keeperProcess.ts";
import { readEvents, readEventsNamed, type SeenVaultEvent } from "../support/readEvents.ts";
import { runCommand } from "../support/runCommand.ts";
import { startViewBench, type ViewBench } from "../support/viewBench.ts";

const USDC = 10n ** 6n;
const DEBT = 10_000n * USDC;
const QUIET = { write: () => true };

type Changes = Readonly<Record<string, unknown>>;

/** A crash in one block, and a keeper with a key of its own that comes to it late, three times. */
describe("replay", function () {
  this.timeout(120_000);
  let bench: ViewBench;
  let crashBlock: number;
  let endBlock: number;
  let callable: AccountId;
  let critical: AccountId;
  let events: readonly SeenVaultEvent[];

  const headNumber = async () => Number(await bench.chain.send<string>("eth_blockNumber"));
  const keeperOnce = async () => {
    const keeper = startKeeper(bench.written({ storeFile: "other.sqlite" }), "once");
    expect(await keeper.ended(), keeper.stderr()).to.equal(0);
  };
  const replayed = (
    wish: RangeWish = {},
    changes: Changes = {},
    signal = new AbortController().signal,
  ): Promise<ReplayReport> =>
    runReplay({
      config: readConfig(bench.written({ mode: "dry-run", key: undefined, ...changes })),
      wish: { to: endBlock, ...wish },
      environment: {},
      progress: QUIET,
      signal,
    });
  const failureOf = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => undefined,
      (error: unknown) => error,
    );
  const eventsOf = (name: string, account: AccountId) =>
    events.filter((event) => event.name === name && "account" in event && event.account === account);

  before(async () => {
    bench = await startViewBench();
    const { world, chain } = bench;
    await world.open(1n, 0, etherFor(2), DEBT);
    callable = await world.open(2n, 0, etherFor(1.12), DEBT);
    critical = await world.open(3n, 0, etherFor(1.06), DEBT);
    const early = startKeeper(bench.written({ mode: "observe", storeFile: "early.sqlite" }), "once");
    expect(await early.ended(), early.stderr()).to.equal(0);
    for (let i = 0; i < 3; ++i) await chain.mine();
    await world.setPrice(0, 1_700);
    crashBlock = await headNumber();
    const dry = startKeeper(bench.written({ mode: "dry-run", storeFile: "dry.sqlite" }), "once");
    expect(await dry.ended(), dry.stderr()).to.equal(0);
    for (let i = 0; i < 3; ++i) await chain.mine();
    await keeperOnce();
    const [opened] = await readEventsNamed(chain, world, "MarginCallOpened");
    const { timestamp } = await chain.send<{ timestamp: string }>("eth_getBlockByNumber", "latest", false);
    // Up to the deadline, then into the auction, and after the first tranche into the next one.
    await chain.mine(Number(opened!.notice.deadline) - Number(timestamp) - 1);
    for (let i = 0; i < 3; ++i) await chain.mine(60);
    await keeperOnce();
    for (let i = 0; i < 20; ++i) await chain.mine(60);
    endBlock = await headNumber();
    events = await readEvents(chain, world);
  });
  after(() => bench.close());

  it("does what was done on the chain in the same block or earlier, and says by whom it was done", async () => {
    const { deeds, totals, ending, blocks } = await replayed({ from: crashBlock - 2 });
    expect(ending).to.deep.equal({ kind: "whole" });
    expect(blocks).to.equal(endBlock - crashBlock + 3);
    const seen = deeds.map(({ duty, account, wouldBlock, done, outcome }) => [
      duty,
      account,
      outcome,
      wouldBlock! <= done!.block,
      done!.by,
    ]);
    const keeper = bench.world.keeper.address;
    expect(seen).to.deep.equal([
      ["liquidateCritical", critical, "later", true, keeper],
      ["openCall", callable, "later", true, keeper],
      ["liquidateProfitable", callable, "later", true, keeper],
      ["liquidateProfitable", callable, "same", true, keeper],
    ]);
    // Known at the crash's block, and done in the next.
    const [take, call] = deeds;
    expect([take?.wouldBlock, call?.wouldBlock]).to.deep.equal([crashBlock + 1, crashBlock + 1]);
    const [called] = eventsOf("MarginCallOpened", callable);
    expect(call).to.deep.include({
      done: { ...call!.done!, block: called!.block, isOwn: false },
      leadBlocks: called!.block - crashBlock - 1,
      earned: 5n * USDC,
    });
    const blocksTaken = [...new Set(eventsOf("Liquidated", callable).map(({ block }) => block))];
    expect(deeds.slice(2).map(({ done }) => done!.block)).to.deep.equal(blocksTaken);
    const all = totals.at(-1)!;
    expect(all).to.deep.include({
      duty: "all",
      would: 4,
      later: 3,
      same: 1,
      nobody: 0,
      leftAlone: 0,
      own: 0,
    });
    expect(all.net).to.equal(deeds.reduce((sum, { earned, cost }) => sum + earned - cost, 0n));
    expect(all.cost > 0n && all.netAhead < all.net).to.be.true;
  });

  it("works out what a dry run has entered at the same block, and says that nobody did it", async () => {
    const ledger = new ShadowLedger(join(bench.folder, "dry.sqlite"));
    const entered = ledger.entries().filter(({ account }) => account !== undefined);
    ledger.close();
    expect(entered.length).to.equal(2);
    const { deeds } = await replayed({ from: crashBlock + 1, to: crashBlock + 1 });
    expect(deeds.map(({ duty, account, earned, cost }) => [duty, account, earned, cost])).to.deep.equal(
      entered.map(({ duty, account, earned, cost }) => [duty, account, earned, cost]),
    );
    // The dry run's own book stands at the very block.
    const saved = await replayed({ from: crashBlock + 1, to: crashBlock + 1 }, { storeFile: "dry.sqlite" });
    expect(saved.deeds).to.deep.equal(deeds);
    for (const { outcome, done, dueUntil } of deeds)
      expect([outcome, done, dueUntil]).to.deep.equal(["nobody", undefined, undefined]);
  });

  it("says why it would have left takes alone that somebody made", async () => {
    const dear = { profitMargin: "1000", criticalAtAnyProfit: false };
    const { deeds, totals, skips } = await replayed({ from: crashBlock - 2 }, dear);
    const left = deeds.filter(({ outcome }) => outcome === "leftAlone");
    expect(left.map(({ duty, account, why }) => [duty, account, why!.reason])).to.deep.equal([
      ["liquidateCritical", critical, "notProfitable"],
      ["liquidateProfitable", callable, "notProfitable"],
      ["liquidateProfitable", callable, "notProfitable"],
    ]);
    expect(totals.at(-1)).to.deep.include({ would: 1, leftAlone: 3, earned: 5n * USDC });
    const skip = skips.find(({ duty }) => duty === "liquidateCritical");
    // From the crash's block to the one before it was taken.
    const [taken] = eventsOf("Liquidated", critical);
    expect(skip).to.deep.include({ reason: "notProfitable", accounts: 1, times: taken!.block - crashBlock });
  });

  it("keeps the brake's state from block to block", async () => {
    const brake = { maxShareBps: 100, minAccounts: 2 };
    const report = await replayed({ from: crashBlock - 2 }, { brake });
    const { deeds, brakes } = report;
    const calls = deeds.filter(({ duty }) => duty === "openCall");
    expect(calls.map(({ outcome, why }) => [outcome, why?.reason])).to.deep.equal([["leftAlone", "brake"]]);
    expect(deeds.find(({ account }) => account === critical)?.outcome).to.equal("later");
    // The take is on paper at once, and the brake lets go when somebody else has opened the call.
    const [called] = eventsOf("MarginCallOpened", callable);
    expect(brakes[0]).to.deep.equal({ from: crashBlock, to: called!.block - 1 });
    expect(describeReplay(report, readConfig(bench.written()))).to.contain(`after blocks ${crashBlock} to`);
  });

  it("knows what its own keys have done", async () => {
    const config = readConfig(bench.written());
    const { signal } = new AbortController();
    const environment = { TOCSIN_KEEPER_KEY: KEYS.keeper };
    const wish = { from: crashBlock - 2, to: endBlock };
    const report = await runReplay({ config, wish, environment, progress: QUIET, signal });
    expect(report.totals.at(-1)!.own).to.equal(4);
    expect(describeReplay(report, config)).to.contain("by its own key");
  });

  it("begins with a saved book that is older, reads all of it otherwise, and writes to no store", async () => {
    const bytesOf = (file: string) => readFileSync(join(bench.folder, file));
    const plain = await replayed({ from: crashBlock - 1 });
    expect(existsSync(join(bench.folder, "keeper.sqlite"))).to.be.false;
    const proxy = await FaultProxy.start(bench.chain.rpc);
    try {
      const asked = new Map<string, number>();
      for (const storeFile of ["early.sqlite", "other.sqlite"]) {
        const before = bytesOf(storeFile);
        proxy.requests.splice(0);
        const changes = { rpcUrl: proxy.url, storeFile };
        expect(await replayed({ from: crashBlock - 1 }, changes)).to.deep.equal(plain);
        expect(bytesOf(storeFile).equals(before)).to.be.true;
        asked.set(storeFile, proxy.calls("eth_getLogs"));
      }
      expect(asked.get("early.sqlite")).to.be.below(asked.get("other.sqlite")!);
    } finally {
      await proxy.close();
    }
  });

  it("asks once for a block in which nothing is due", async () => {
    const proxy = await FaultProxy.start(bench.chain.rpc);
    try {
      await replayed({ from: endBlock - 9 }, { rpcUrl: proxy.url });
      const sights = proxy.requests.filter((calls) =>
        calls.some(({ method, params }) => method === "eth_call" && isOfState(params)),
      );
      // The sequencer's feed is asked for once, for all blocks.
      expect(sights.length).to.equal(10 + 1);
    } finally {
      await proxy.close();
    }
  });

  it("says which state is missing, from where on it is there, and that an archive endpoint has it", async () => {
    const kept = crashBlock - 4;
    const proxy = await FaultProxy.start(pruned(bench.chain.rpc, () => kept));
    try {
      const changes = { rpcUrl: proxy.url };
      const error = await failureOf(replayed({ from: crashBlock - 8 }, changes));
      expect(error).to.be.instanceOf(UserError);
      expect((error as Error).message)
        .to.contain(`the state of block ${crashBlock - 9} (missing trie node`)
        .and.to.contain("an archive endpoint is needed")
        .and.to.contain(`--from ${kept + 1} works`);
      const { ending } = await replayed({ from: kept + 1 }, changes);
      expect(ending.kind).to.equal("whole");
      // One endpoint that has it is enough.
      const both = { rpcUrl: undefined, endpoints: [{ http: proxy.url }, { http: bench.chain.url }] };
      expect((await replayed({ from: crashBlock - 8 }, both)).ending.kind).to.equal("whole");
    } finally {
      await proxy.close();
    }
  });

  it("ends with what was done so far when the node prunes what is still to come", async () => {
    let kept = 0;
    let sights = 0;
    const proxy = await FaultProxy.start(pruned(bench.chain.rpc, () => kept));
    proxy.fault = (calls) => {
      if (calls.some(({ params }) => isOfState(params)) && ++sights === 20) kept = endBlock;
      return undefined;
    };
    try {
      const { ending, deeds, blocks } = await replayed({ from: crashBlock - 2 }, { rpcUrl: proxy.url });
      expect(ending.kind === "failed" && ending.error).to.contain("an archive endpoint is needed");
      expect(deeds.map(({ duty }) => duty)).to.include("openCall");
      expect(blocks > 0 && blocks < endBlock - crashBlock).to.be.true;
    } finally {
      await proxy.close();
    }
  });

  it("says that the chain changed meanwhile", async () => {
    const proxy = await FaultProxy.start(bench.chain.rpc);
    let asked = 0;
    const last = `0x${endBlock.toString(16)}`;
    const lie = ({ params: [block] }: RpcCall, result: unknown) =>
      block === last && ++asked > 1 ? { ...(result as object), hash: `0x${"ab".repeat(32)}` } : undefined;
    proxy.fault = () => ({ kind: "lie", lie });
    try {
      const report = await replayed({ from: endBlock - 3 }, { rpcUrl: proxy.url });
      expect(report.ending).to.deep.equal({ kind: "reorganised", block: endBlock });
      expect(describeReplay(report, readConfig(bench.written()))).to.contain("run it again");
    } finally {
      await proxy.close();
    }
  });

  it("ends with what was done so far, when it is told to and when nobody answers any more", async () => {
    const proxy = await FaultProxy.start(bench.chain.rpc);
    const stop = new AbortController();
    try {
      let sights = 0;
      proxy.fault = (calls) => {
        if (calls.some(({ params }) => isOfState(params))) sights += 1;
        if (sights === 20) stop.abort();
        return undefined;
      };
      const stopped = await replayed({ from: crashBlock - 2 }, { rpcUrl: proxy.url }, stop.signal);
      expect(stopped.ending).to.deep.equal({ kind: "stopped" });
      expect(stopped.blocks > 0 && stopped.to < endBlock).to.be.true;
      sights = 0;
      proxy.fault = (calls) => {
        if (calls.some(({ params }) => isOfState(params))) sights += 1;
        return sights > 20 ? { kind: "status", status: 503 } : undefined;
      };
      const failed = await replayed({ from: crashBlock - 2 }, { rpcUrl: proxy.url });
      expect(failed.ending.kind).to.equal("failed");
      expect(failed.deeds.map(({ duty }) => duty)).to.include("openCall");
      expect(describeReplay(failed, readConfig(bench.written()))).to.contain("HTTP 503");
    } finally {
      await proxy.close();
    }
    const none = await replayed({ from: crashBlock }, {}, AbortSignal.abort());
    expect([none.blocks, none.ending.kind]).to.deep.equal([0, "stopped"]);
  });

  it("is interrupted by Ctrl-C, and prints what there is", async () => {
    const proxy = await FaultProxy.start(bench.chain.rpc);
    let child: ChildProcess | undefined;
    let sights = 0;
    proxy.fault = (calls) => {
      if (!calls.some(({ params }) => isOfState(params))) return undefined;
      sights += 1;
      if (sights === 12) child?.kill("SIGINT");
      return { kind: "delay", ms: 100 };
    };
    try {
      const config = bench.written({ rpcUrl: proxy.url });
      const args = ["replay", "--config", config, "--from", String(crashBlock - 2)];
      const { code, stdout, stderr } = await runCommand(args, "", {}, (begun) => (child = begun));
      expect(code, stderr).to.equal(0);
      expect(stdout).to.contain("stopped before the end of the range").and.to.contain("  all ");
    } finally {
      await proxy.close();
    }
  });

  it("C-66 refuses ranges that make no sense", async () => {
    const { deployBlock } = bench.world.deployment;
    const wrong: readonly (readonly [RangeWish, string])[] = [
      [{ from: 30, last: 3 }, "two ways to say the same"],
      [{ from: 60, to: 50 }, "--from 60 is after --to 50"],
      [{ to: 10_000_000 }, "has not come yet"],
      [{ from: deployBlock }, `begin at ${deployBlock + 1}`],
      [{ to: deployBlock }, "is before the vault"],
    ];
    for (const [wish, says] of wrong) {
      const error = await failureOf(replayed(wish));
      expect(error, says).to.be.instanceOf(UserError);
      expect((error as Error).message).to.contain(says);
    }
    for (const args of [
      ["--from", "-3"],
      ["--last", "0"],
      ["--to", "1e3"],
    ]) {
      const { code, stderr } = await runCommand(["replay", "--config", bench.written(), ...args]);
      expect(code, stderr).to.equal(2);
      expect(stderr).to.contain("must be a whole number");
    }
  });

  it("begins where the vault was whole, when nobody says where", async () => {
    const report = await replayed();
    expect(report.range.from > bench.world.deployment.deployBlock + 1).to.be.true;
    expect(report.ending.kind).to.equal("whole");
    expect(report.totals.at(-1)!.would).to.equal(4);
  });

  it("prints lines of a terminal, and JSON", async () => {
    const args = ["replay", "--config", bench.written(), "--from", String(crashBlock - 2)];
    const { stdout, stderr, code } = await runCommand([...args, "--to", String(endBlock)]);
    expect(code, stderr).to.equal(0);
    for (const line of stdout.split("\n")) expect(line.length, line).to.be.at.most(100);
    expect(stdout).to.contain("what this keeper would have done changes none after it");
    const { stdout: json } = await runCommand([...args, "--last", "3", "--json"]);
    expect(json).to.equal("");
    const { stdout: short } = await runCommand([...args.slice(0, 3), "--last", "3", "--json"]);
    expect(JSON.parse(short)).to.include({ blocks: 3 });
  });
});

/** Whether a call asks about the state of one block by its hash. */
function isOfState(params: readonly unknown[]): boolean {
  return params.some((param) => typeof param === "object" && param !== null && "blockHash" in param);
}

/** A node that has the state of `kept` and later blocks only, as geth says it. */
function pruned(node: Rpc, kept: () => number): Rpc {
  const numberOf = async (block: unknown): Promise<number> => {
    if (typeof block === "string") return block === "latest" ? Infinity : Number(block);
    const [answer] = await node.batch([
      { method: "eth_getBlockByHash", params: [(block as { blockHash: string }).blockHash, false] },
    ]);
    return Number((resultOf(answer) as { number: string }).number);
  };
  const isGone = async ({ method, params }: RpcCall) =>
    ["eth_call", "eth_getBalance", "eth_getCode"].includes(method) && (await numberOf(params[1])) < kept();
  const gone: RpcAnswer = {
    ok: false,
    code: -32000,
    message: "missing trie node 1f2e (path )",
    data: undefined,
  };
  return {
    async batch(calls) {
      const answers = await node.batch(calls);
      return Promise.all(calls.map(async (call, i) => ((await isGone(call)) ? gone : answers[i]!)));
    },
  };
}
