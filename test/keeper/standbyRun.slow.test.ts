import { expect } from "chai";
import { Wallet } from "ethers";
import { before, beforeEach, describe, it } from "mocha";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { accountIdOf, type AccountId } from "../../sdk/accountId.ts";
import { KEYS } from "./support/chain.ts";
import { etherFor } from "./support/etherFor.ts";
import { useKeeperBench } from "./support/keeperBench.ts";
import { writeConfig, type KeeperProcess } from "./support/keeperProcess.ts";
import { readEvents, type SeenVaultEvent } from "./support/readEvents.ts";

const DEBT = 10_000n * 10n ** 6n;
/** Another of the node's accounts. */
const STANDBY_KEY = "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a";
const STANDBY = new Wallet(STANDBY_KEY).address;
const BLOCK_SECONDS = 12;
/** Of the configuration below: 36 s and two blocks at least. */
const CALL_DELAY_BLOCKS = 3;
const CRITICAL_DELAY_BLOCKS = 2;
/** From a decision to its being mined here: it is sent in the block's own time and mined in the next. */
const MINED_WITHIN = 3;

describe("two keepers of one vault", function () {
  this.timeout(120_000);
  const bench = useKeeperBench("standby");
  const running = new Set<KeeperProcess>();

  before(async () => {
    await bench.world.act(bench.world.quote, "mint", STANDBY, 10n ** 13n);
    for (let n = 1; n <= 12; ++n) await bench.world.open(BigInt(n), 0, etherFor(1.06 + n / 250), DEBT);
  });
  beforeEach(() => {
    running.clear();
  });

  /** Starts the keeper of a rank, with a store of its own that outlives it. */
  function start(rank: 0 | 1, key: string = rank === 0 ? KEYS.keeper : STANDBY_KEY): KeeperProcess {
    const own = join(bench.folder, `${rank}`);
    mkdirSync(own, { recursive: true });
    const config = writeConfig(own, bench.chain.url, bench.world.deployment, {
      standby: { rank },
      // What this is about is who acts, and not whether it pays.
      criticalLossPerAccountPerDay: "1000000",
      brake: { maxShareBps: 10_000 },
    });
    const keeper = bench.start(config, "run", { TOCSIN_KEEPER_KEY: key });
    running.add(keeper);
    return keeper;
  }
  const said = ({ lines }: KeeperProcess, event: string) => lines.filter((line) => line.event === event);
  const blockNumber = async () => Number(await bench.chain.send<string>("eth_blockNumber"));
  const account = (n: number): AccountId => accountIdOf(bench.world.trader.address, BigInt(n));

  /** Each keeper decides upon each block before there is another, so that what is counted is not the machine's speed. */
  async function mine(blocks = 1): Promise<void> {
    for (let i = 0; i < blocks; ++i) {
      await bench.chain.mine(BLOCK_SECONDS);
      const head = await blockNumber();
      const isBehind = (keeper: KeeperProcess) =>
        keeper.process.exitCode === null && said(keeper, "block.seen").at(-1)?.block !== head;
      for (let waits = 0; waits < 250 && [...running].some(isBehind); ++waits) await sleep(20);
    }
  }
  async function mineUntil(isDone: () => Promise<boolean> | boolean, most = 40): Promise<void> {
    for (let i = 0; i < most; ++i) {
      if (await isDone()) return;
      await mine();
    }
    const tails = [...running].map(({ lines }) =>
      lines
        .slice(-6)
        .map((line) => JSON.stringify(line))
        .join("\n"),
    );
    throw new Error(`not within ${most} blocks\n${tails.join("\n\n")}`);
  }
  const deedsOf = async (actor: string): Promise<SeenVaultEvent[]> =>
    (await readEvents(bench.chain, bench.world)).filter(
      (event) =>
        "actor" in event &&
        event.actor === actor &&
        (event.name === "MarginCallOpened" || event.name === "Liquidated"),
    );
  const sentBy = (keeper: KeeperProcess) =>
    said(keeper, "transaction.sent").filter(({ duty }) => duty !== "approve");

  it("K-12 the second sends nothing over a whole crash while the first is alive, takes over within its delay when it is killed, and falls back when it returns", async () => {
    let first = start(0);
    const second = start(1);
    // Both give their allowances.
    await mineUntil(() => [first, second].every((keeper) => said(keeper, "transaction.mined").length > 0));

    // A crash in steps: calls, cures by price, calls again, then far below the floor.
    const crash = [1_900, 1_870, 1_930, 1_860, 1_830, 1_700, 1_650];
    for (const price of crash) {
      await bench.world.setPrice(0, price);
      await mine(6);
    }
    const byFirst = await deedsOf(bench.world.keeper.address);
    expect(byFirst.filter(({ name }) => name === "MarginCallOpened")).to.not.be.empty;
    expect(byFirst.filter(({ name }) => name === "Liquidated")).to.not.be.empty;
    expect(sentBy(second)).to.be.empty;
    expect(await deedsOf(STANDBY)).to.be.empty;
    expect(said(second, "block.seen").some(({ skipped }) => JSON.stringify(skipped).includes("standby"))).to
      .be.true;

    // Killed without a word, with the worst still to come.
    await first.stop("SIGKILL");
    running.delete(first);
    const fresh = account(50);
    const doomed = account(51);
    await bench.world.open(50n, 0, etherFor(1.06, 1_650), DEBT);
    await bench.world.open(51n, 0, etherFor(1.2, 1_650), DEBT);
    await mine();
    const killedAt = await blockNumber();
    await bench.world.setPrice(0, 1_550);
    await mineUntil(async () =>
      (await deedsOf(STANDBY)).some(
        (event) => "account" in event && event.account === fresh && event.name === "MarginCallOpened",
      ),
    );
    const call = (await deedsOf(STANDBY)).find(
      (event) => "account" in event && event.account === fresh && event.name === "MarginCallOpened",
    );
    // The price is in the first block, in which it stands so.
    expect(call!.block - (killedAt + 1)).to.be.within(CALL_DELAY_BLOCKS, CALL_DELAY_BLOCKS + MINED_WITHIN);
    expect(said(second, "standby.tookOver")).to.have.length(1);

    await bench.world.setPrice(0, 1_250);
    await mine();
    const sunkAt = await blockNumber();
    await mineUntil(async () =>
      (await deedsOf(STANDBY)).some(
        (event) => "account" in event && event.account === doomed && event.name === "Liquidated",
      ),
    );
    const take = (await deedsOf(STANDBY)).find(
      (event) => "account" in event && event.account === doomed && event.name === "Liquidated",
    );
    expect(take!.block - sunkAt).to.be.within(CRITICAL_DELAY_BLOCKS, CRITICAL_DELAY_BLOCKS + MINED_WITHIN);

    // The first returns to its own store; what was in flight meanwhile may be done twice, and is counted.
    await mine(10);
    const before = said(second, "transaction.reverted").length;
    first = start(0);
    await mineUntil(() => said(first, "block.seen").length > 0);
    await mine(3);
    const sentBefore = sentBy(second).length;
    await bench.world.setPrice(0, 1_600);
    await mine();
    await bench.world.open(60n, 0, etherFor(1.06, 1_600), DEBT);
    await bench.world.open(61n, 0, etherFor(1.065, 1_600), DEBT);
    await mine();
    await bench.world.setPrice(0, 1_500);
    await mine(10);
    const opened = (await deedsOf(bench.world.keeper.address)).filter(
      (event) => "account" in event && [account(60), account(61)].includes(event.account),
    );
    expect(opened.map(({ name }) => name)).to.deep.equal(["MarginCallOpened", "MarginCallOpened"]);
    expect(sentBy(second).length).to.equal(sentBefore);
    expect(said(second, "standby.steppedBack")).to.have.length(1);
    // Duplicates: transactions of either that found nothing left to do.
    const duplicates =
      said(first, "transaction.reverted").length + said(second, "transaction.reverted").length;
    expect(duplicates - before).to.equal(0);
    for (const keeper of [first, second]) expect(await keeper.stop("SIGTERM")).to.equal(0);
  });

  it("what was due when the second was stopped is as overdue when it comes back", async () => {
    const first = start(0);
    await mineUntil(() => said(first, "block.seen").length > 0);
    let second = start(1);
    await mineUntil(() => said(second, "transaction.mined").length > 0);
    await first.stop("SIGKILL");
    running.delete(first);
    await bench.world.setPrice(0, 1_870);
    await mine();
    const dueAt = await blockNumber();
    await mine();
    await second.stop("SIGKILL");
    running.delete(second);
    await mine(CALL_DELAY_BLOCKS);
    second = start(1);
    await mineUntil(async () => (await deedsOf(STANDBY)).length > 0, 8);
    const [call] = await deedsOf(STANDBY);
    // It does not wait once more: at once, but for its start.
    const [seen] = said(second, "block.seen");
    const [sent] = sentBy(second);
    expect(sent).to.not.be.undefined;
    expect(call!.block - Number(seen?.block)).to.be.at.most(2);
    expect(call!.block - dueAt).to.be.at.least(CALL_DELAY_BLOCKS);
    await second.stop("SIGTERM");
  });

  it("K-08 K-12 two with the same key and stores of their own: one stops and says why, and nothing is done twice", async () => {
    const first = start(0);
    await mineUntil(() => said(first, "transaction.mined").length > 0);
    const second = start(1, KEYS.keeper);
    await mineUntil(() => said(second, "block.seen").length > 0);
    await bench.world.setPrice(0, 1_870);
    await mineUntil(() => [first, second].some(({ process }) => process.exitCode !== null));
    expect(await second.ended()).to.equal(1);
    expect(second.stderr()).to.contain("another process has its key");
    await mine(3);
    expect(first.process.exitCode).to.equal(null);
    const calls = (await readEvents(bench.chain, bench.world)).filter(
      ({ name }) => name === "MarginCallOpened",
    );
    const called = calls.flatMap((event) => ("account" in event ? [event.account] : []));
    expect(new Set(called).size).to.equal(called.length);
    expect(called).to.not.be.empty;
    await first.stop("SIGTERM");
  });
});
