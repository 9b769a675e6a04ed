import { expect } from "chai";
import { before, beforeEach, describe, it } from "mocha";
import { setTimeout as sleep } from "node:timers/promises";
import { headerProbe } from "../../keeper/sources/chainReader.ts";
import { ask } from "../../keeper/sources/probe.ts";
import { etherFor } from "./support/etherFor.ts";
import { useKeeperBench } from "./support/keeperBench.ts";
import type { KeeperProcess } from "./support/keeperProcess.ts";

const USDC = 10n ** 6n;
const DEBT = 10_000n * USDC;

describe("a keeper whose blocks are gone when it comes back", function () {
  this.timeout(180_000);
  const bench = useKeeperBench("restored");
  let keeper: KeeperProcess;
  let snapshot: string;

  before(async () => {
    for (const subAccount of [1n, 2n, 3n]) await bench.world.open(subAccount, 0, etherFor(1.5), DEBT);
  });
  beforeEach(async () => {
    snapshot = await bench.chain.send("evm_snapshot");
  });

  async function goBack(): Promise<void> {
    await bench.chain.send("evm_revert", snapshot);
    snapshot = await bench.chain.send("evm_snapshot");
    await bench.world.resetNonce();
  }

  const start = () => {
    keeper = bench.start();
  };
  const of = (event: string) => keeper.lines.filter((line) => line.event === event);

  async function mineUntilSeen(): Promise<void> {
    for (let i = 0; i < 100; ++i) {
      const head = (await ask(bench.chain.rpc, headerProbe("latest")))[0]!;
      if (of("block.seen").some(({ block }) => block === head.number)) return;
      await sleep(100);
      if (i % 20 === 19) await bench.chain.mine();
    }
    throw new Error(`it sees no block; ${keeper.stderr()}\n${JSON.stringify(keeper.lines.slice(-10))}`);
  }

  /** Blocks in which a lender and a trader change the pool. */
  async function trade(blocks: number): Promise<void> {
    for (let i = 0; i < blocks; ++i) {
      await bench.world.act(bench.world.vault, "deposit", USDC, bench.world.trader.address);
      await bench.world.open(4n + BigInt(i), 0, etherFor(1.5), DEBT);
      await bench.chain.mine();
    }
  }

  async function mine(blocks: number): Promise<void> {
    for (let i = 0; i < blocks; ++i) await bench.chain.mine();
  }

  function expectNoAlarm(): void {
    const alarms = ["audit.different", "audit.poolDifferent", "book.wrong", "book.unproved"];
    expect(keeper.lines.filter(({ event }) => alarms.includes(event))).to.be.empty;
    expect(keeper.stderr()).to.equal("");
  }

  for (const [name, unseen, lost, silent] of [
    ["a few blocks lost, and a long silence", 0, 3, 90],
    ["all lost that it had seen, and a long silence", 90, 20, 160],
    ["a few lost, and a few in their place", 0, 5, 5],
    ["more lost than there are in their place", 0, 20, 4],
  ] as const) {
    it(`I-44 K-13 ${name}: finds nothing different that is not`, async () => {
      await mine(unseen);
      start();
      await mineUntilSeen();
      await trade(3);
      await mine(lost - 3);
      await mineUntilSeen();
      expect(of("book.proved")).to.have.length(1);
      expect(await keeper.stop("SIGTERM")).to.equal(0);
      expectNoAlarm();
      await goBack();
      await mine(silent);
      start();
      await mineUntilSeen();
      await trade(1);
      await mineUntilSeen();
      expect(of("book.proved")).to.have.length(1);
      expectNoAlarm();
    });
  }

  it("I-44 K-13 the chain goes back again and again while it runs: the same", async () => {
    start();
    await mineUntilSeen();
    for (let i = 0; i < 6; ++i) {
      await trade(1 + (i % 3));
      if (i % 2 === 0) await mineUntilSeen();
      await goBack();
      await mine(i * 3);
      await trade(1);
      await mineUntilSeen();
    }
    expect(of("block.rolledBack")).not.to.be.empty;
    expectNoAlarm();
  });
});
