import { expect } from "chai";
import { afterEach, before, beforeEach, describe, it } from "mocha";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import type { AccountId } from "../../sdk/accountId.ts";
import { Status } from "../../sdk/vaultTypes.ts";
import { KeeperLens__factory } from "../../types/factories/periphery/KeeperLens__factory.ts";
import type { KeeperSightStructOutput } from "../../types/interfaces/IKeeperLens.ts";
import type { RpcCall } from "../../keeper/sources/rpcClient.ts";
import { useKeeperBench } from "./support/keeperBench.ts";
import { FaultProxy, type Fault } from "./support/faultProxy.ts";
import type { KeeperProcess, LogLine } from "./support/keeperProcess.ts";
import { randomOf } from "./support/random.ts";
import { etherFor } from "./support/etherFor.ts";

const USDC = 10n ** 6n;
const DEBT = 10_000n * USDC;
const lens = KeeperLens__factory.createInterface();
const LOOK = lens.getFunction("look").selector;

/** Changes what the lens shows. */
function lensLie(change: (seen: KeeperSightStructOutput) => Record<string, unknown>): Fault {
  return {
    kind: "lie",
    lie: ({ method, params }, result) => {
      const [call] = params as [{ data?: string } | undefined];
      if (method !== "eth_call" || call?.data?.startsWith(LOOK) !== true) return undefined;
      const seen = lens.decodeFunctionResult("look", String(result))[0] as KeeperSightStructOutput;
      const shown = (seen as unknown as { toObject(deep: boolean): Record<string, unknown> }).toObject(false);
      return lens.encodeFunctionResult("look", [{ ...shown, ...change(seen) }]);
    },
  };
}

const halfPrices = lensLie(({ prices: { known, prices36, freshSet } }) => ({
  prices: { known, freshSet, prices36: prices36.map((price) => price / 2n) },
}));

describe("a keeper behind endpoints that fail and lie", function () {
  this.timeout(60_000);
  const bench = useKeeperBench("keeper");
  let proxies: FaultProxy[];
  let account: AccountId;

  before(async () => {
    account = await bench.world.open(1n, 0, etherFor(1.06), DEBT);
    for (let n = 2n; n <= 12n; ++n) await bench.world.open(n, 0, etherFor(1.5 + Number(n) / 10), DEBT);
    await bench.chain.mine();
  });
  beforeEach(async () => {
    proxies = await Promise.all([1, 2, 3].map(() => FaultProxy.start(bench.chain.rpc)));
  });
  afterEach(async () => {
    await Promise.all(proxies.map((proxy) => proxy.close()));
  });

  function start(count: number, changes: Readonly<Record<string, unknown>> = {}): KeeperProcess {
    const endpoints = proxies.slice(0, count).map(({ url, wsUrl }) => ({ http: url, ws: wsUrl }));
    const config = {
      rpcUrl: undefined,
      endpoints,
      rpcTimeoutMs: 1_000,
      hedgeAfterMs: 200,
      agreeWithinMs: 200,
    };
    return bench.start(bench.written({ ...config, ...changes }));
  }

  async function mineUntil(
    isDone: () => boolean | Promise<boolean>,
    most = 120,
    blockMs = 60,
  ): Promise<void> {
    for (let i = 0; i < most; ++i) {
      if (await isDone()) return;
      await bench.chain.mine();
      await sleep(blockMs);
    }
    const tail = bench.keepers.at(-1)?.lines.slice(-25);
    const lines = (tail ?? []).map((line) => JSON.stringify(line)).join("\n");
    throw new Error(`not within ${most} blocks; ${bench.keepers.at(-1)?.stderr() ?? ""}\n${lines}`);
  }

  const of = (keeper: KeeperProcess, event: string): readonly LogLine[] =>
    keeper.lines.filter((line) => line.event === event);
  const seen = (keeper: KeeperProcess) => () => of(keeper, "block.seen").length > 0;
  const statusOf = async () =>
    Number(await bench.world.vault.getFunction("statusOf").staticCall(account)) as Status;
  const isCalled = async () => (await statusOf()) === Status.Called;
  const sentBy = async () =>
    Number(await bench.chain.send<string>("eth_getTransactionCount", bench.world.keeper.address, "pending"));

  /** Nothing that an operator would be paged for without cause. */
  function expectNoFalseAlarm(keeper: KeeperProcess): void {
    const alarms = ["audit.different", "audit.poolDifferent", "book.wrong", "book.unproved"];
    expect(keeper.lines.filter(({ event }) => alarms.includes(event))).to.be.empty;
    expect(keeper.stderr()).to.equal("");
  }

  it("asks each endpoint at most three calls in an idle block, the audit among them", async () => {
    const keeper = start(2, { pollMs: 3_000 });
    await mineUntil(() => of(keeper, "book.proved").length > 0 && of(keeper, "block.seen").length > 12);
    const calls = () => proxies.slice(0, 2).map(({ requests }) => requests.flat());
    const [before, seenBefore] = [calls(), of(keeper, "block.seen").length];
    for (let i = 0; i < 30; ++i) {
      const seenSoFar = of(keeper, "block.seen").length;
      await bench.chain.mine();
      // One after the other, for a block that was passed over costs something too.
      for (let tries = 0; tries < 100 && of(keeper, "block.seen").length === seenSoFar; ++tries)
        await sleep(50);
    }
    const blocks = of(keeper, "block.seen").length - seenBefore;
    expect(blocks).to.be.at.least(30);
    for (const [i, all] of calls().entries()) {
      const added = all.slice(before[i]!.length);
      expect(added.length / blocks, JSON.stringify(countByMethod(added))).to.be.at.most(3);
      expect(added.filter(({ method }) => method === "eth_call").length).to.be.at.least(blocks - 1);
    }
    expect(of(keeper, "block.seen").at(-1)).to.include({ trust: "agreed" });
    expectNoFalseAlarm(keeper);
  });

  const countByMethod = (calls: readonly RpcCall[]) =>
    Object.fromEntries([...Map.groupBy(calls, ({ method }) => method)].map(([m, { length }]) => [m, length]));

  it("K-25 works by polling while subscriptions stand and say nothing", async () => {
    for (const proxy of proxies) proxy.isMute = true;
    const keeper = start(2, { pollMs: 50 });
    await mineUntil(seen(keeper));
    await bench.world.setPrice(0, 1_870);
    await mineUntil(isCalled);
    await mineUntil(() => of(keeper, "heads.lost").length > 0);
    expect(of(keeper, "heads.lost")[0]?.cause).to.equal("it is silent while the chain moves");
    expectNoFalseAlarm(keeper);
  });

  it("K-01 K-02 K-03 K-04 does its work through a third of all requests failing in every way", async function () {
    const pick = randomOf(11);
    const faults: Fault[] = [
      { kind: "drop" },
      { kind: "acceptThenDrop" },
      { kind: "delay", ms: 150 },
      { kind: "hang" },
      { kind: "status", status: 503 },
      { kind: "status", status: 429, retryAfter: "1" },
      { kind: "body", body: "<html>Bad gateway</html>" },
      { kind: "body", body: "[]" },
      { kind: "reorder" },
      { kind: "duplicate" },
      { kind: "lie", lie: () => "0x" },
    ];
    this.timeout(240_000);
    for (const proxy of proxies)
      proxy.fault = () => (pick(3) === 0 ? faults[pick(faults.length)] : undefined);
    const keeper = start(3);
    // An endpoint that hangs costs a second, and the chain must not run away from whoever waits for it.
    await mineUntil(seen(keeper), 200, 400);
    await bench.world.setPrice(0, 1_870);
    await mineUntil(isCalled, 200, 400);
    for (const proxy of proxies) proxy.fault = () => undefined;
    await mineUntil(() => of(keeper, "transaction.mined").some(({ duty }) => duty === "openCall"));
    expect(of(keeper, "call.opened")).to.have.length(1);
    expectNoFalseAlarm(keeper);
  });

  it("K-15 does not act on prices that one of two endpoints makes up, and says that they disagree", async () => {
    const keeper = start(2);
    await mineUntil(() => of(keeper, "transaction.mined").length > 0 && of(keeper, "block.seen").length > 3);
    const before = await sentBy();
    proxies[0]!.fault = () => halfPrices;
    await mineUntil(() => of(keeper, "endpoints.disagree").length >= 10);
    expect(await sentBy()).to.equal(before);
    expect(of(keeper, "block.seen").at(-1)).to.include({ trust: "disputed" });
    proxies[0]!.fault = () => undefined;
    await bench.world.setPrice(0, 1_870);
    await mineUntil(isCalled);
    expectNoFalseAlarm(keeper);
  });

  it("K-15 still takes a critical account when one of two endpoints hides the crash", async () => {
    const keeper = start(2);
    await mineUntil(() => of(keeper, "transaction.mined").length > 0 && of(keeper, "block.seen").length > 3);
    // As if nothing had happened: what a critical account is worth at twice the true price.
    proxies[0]!.fault = () =>
      lensLie(({ prices: { known, prices36, freshSet } }) => ({
        prices: { known, freshSet, prices36: [2_000n * 10n ** 24n, ...prices36.slice(1)] },
      }));
    await bench.world.setPrice(0, 1_450);
    await mineUntil(() => of(keeper, "account.liquidated").length > 0);
    expect(of(keeper, "account.liquidated")[0]).to.include({ own: true });
    expect(of(keeper, "call.opened")).to.be.empty;
  });

  it("K-15 K-16 sets one of three endpoints aside that makes up prices, and goes on", async () => {
    const keeper = start(3);
    await mineUntil(seen(keeper));
    proxies[0]!.fault = () => halfPrices;
    await bench.world.setPrice(0, 1_870);
    await mineUntil(isCalled);
    expect(of(keeper, "endpoint.setAside")[0]).to.include({ cause: "two others agree on something else" });
    expect(of(keeper, "account.liquidated")).to.be.empty;
    expectNoFalseAlarm(keeper);
  });

  it("K-15 does not let one endpoint's word on its balance stop it", async () => {
    const keeper = start(3);
    await mineUntil(seen(keeper));
    proxies[1]!.fault = () =>
      lensLie(({ wallets }) => ({ wallets: wallets.map(({ known }) => [known, 0n, 0n, 0n]) }));
    await bench.world.setPrice(0, 1_870);
    await mineUntil(isCalled);
    expect(of(keeper, "wallet.gasOut")).to.be.empty;
  });

  it("K-15 does not stop for a nonce that one endpoint makes up", async () => {
    const keeper = start(2);
    await mineUntil(seen(keeper));
    proxies[0]!.fault = () => ({
      kind: "lie",
      lie: ({ method }) => (method === "eth_getTransactionCount" ? "0x63" : undefined),
    });
    const from = of(keeper, "block.seen").length;
    await mineUntil(() => of(keeper, "block.seen").length > from + 10);
    expect(keeper.process.exitCode).to.be.null;
    proxies[0]!.fault = () => undefined;
    await bench.world.setPrice(0, 1_870);
    await mineUntil(isCalled);
  });

  it("K-15 goes on with the other endpoint when one claims a height that it cannot show", async () => {
    const keeper = start(2, { pollMs: 50 });
    await mineUntil(seen(keeper));
    proxies[0]!.isMute = true;
    proxies[0]!.fault = () => ({
      kind: "lie",
      lie: ({ params }, block) =>
        params[0] === "latest"
          ? { ...(block as object), number: "0xffffffffff", hash: `0x${"9".repeat(64)}` }
          : undefined,
    });
    await bench.world.setPrice(0, 1_870);
    await mineUntil(isCalled);
    expectNoFalseAlarm(keeper);
  });

  it("K-15 K-25 leaves an endpoint whose chain stands still while the other's moves", async () => {
    const keeper = start(2, { pollMs: 50 });
    await mineUntil(seen(keeper));
    const stuck = await bench.chain.send("eth_getBlockByNumber", "latest", false);
    proxies[0]!.isMute = true;
    proxies[0]!.fault = () => ({
      kind: "lie",
      lie: ({ params }) => (params[0] === "latest" ? stuck : undefined),
    });
    await bench.world.setPrice(0, 1_870);
    await mineUntil(isCalled, 200);
    expect(of(keeper, "endpoint.setAside").some(({ cause }) => String(cause).startsWith("it lags"))).to.be
      .true;
    expectNoFalseAlarm(keeper);
  });

  it("K-16 starts and works with one of two endpoints dead, and says that it is alone", async () => {
    proxies[1]!.fault = () => ({ kind: "drop" });
    const keeper = start(2);
    await mineUntil(seen(keeper));
    await bench.world.setPrice(0, 1_870);
    await mineUntil(isCalled);
    expect(of(keeper, "endpoint.alone")).to.have.length(1);
    expect(of(keeper, "block.seen").at(-1)).to.include({ trust: "alone" });
    proxies[1]!.fault = () => undefined;
    await mineUntil(() => of(keeper, "endpoint.back").length > 0, 300);
    await mineUntil(() => of(keeper, "block.seen").at(-1)?.trust === "agreed");
  });

  it("K-16 goes on when the endpoint it follows begins to hang", async () => {
    const keeper = start(2);
    await mineUntil(seen(keeper));
    proxies[0]!.fault = () => ({ kind: "hang" });
    await bench.world.setPrice(0, 1_870);
    await mineUntil(isCalled, 200);
    expect(of(keeper, "endpoint.setAside")[0]?.cause).to.match(/no answer within/);
    expectNoFalseAlarm(keeper);
  });

  it("K-14 does not call on a price that a reorganisation took back, and calls when it comes again", async () => {
    const keeper = start(2);
    await mineUntil(seen(keeper));
    const before = await bench.chain.send<string>("evm_snapshot");
    await bench.world.setPrice(0, 1_870);
    await bench.chain.mine();
    await sleep(400);
    await bench.chain.send("evm_revert", before);
    await bench.world.resetNonce();
    await mineUntil(() => of(keeper, "block.rolledBack").length > 0);
    const from = of(keeper, "block.seen").length;
    await mineUntil(() => of(keeper, "block.seen").length > from + 8);
    expect(await statusOf()).to.be.oneOf([Status.Healthy, Status.Warned]);
    await bench.world.setPrice(0, 1_860);
    await mineUntil(isCalled);
    expectNoFalseAlarm(keeper);
  });

  it("K-26 C-68 goes by block time alone, with a clock two hours off that jumps back", async () => {
    const skew = join(bench.folder, "skew.mjs");
    writeFileSync(
      skew,
      `const now = Date.now; let n = 0; Date.now = () => now() + (n++ % 2 === 0 ? 7_200_000 : -86_400_000);`,
    );
    const { NODE_OPTIONS } = process.env;
    process.env.NODE_OPTIONS = `--import ${pathToFileURL(skew).href}`;
    const keeper = start(2);
    if (NODE_OPTIONS === undefined) delete process.env.NODE_OPTIONS;
    else process.env.NODE_OPTIONS = NODE_OPTIONS;
    await mineUntil(seen(keeper));
    await bench.world.setPrice(0, 1_870);
    await mineUntil(isCalled);
    // The chain knows it before the keeper has read the block.
    await mineUntil(() => of(keeper, "call.opened").length > 0);
    expect(of(keeper, "call.opened")).to.have.length(1);
    expectNoFalseAlarm(keeper);
  });

  it("C-68 catches up after it was suspended", async () => {
    const keeper = start(2);
    await mineUntil(seen(keeper));
    keeper.process.kill("SIGSTOP");
    await bench.world.setPrice(0, 1_870);
    for (let i = 0; i < 30; ++i) await bench.chain.mine();
    await sleep(2_500);
    keeper.process.kill("SIGCONT");
    await mineUntil(isCalled);
    expectNoFalseAlarm(keeper);
  });
});
