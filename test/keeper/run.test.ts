import { expect } from "chai";
import { describe, it } from "mocha";
import { setTimeout as sleep } from "node:timers/promises";
import type { AccountId } from "../../sdk/accountId.ts";
import type { VaultEventName } from "../../sdk/vaultEvent.ts";
import { Status } from "../../sdk/vaultTypes.ts";
import { KEYS } from "./support/chain.ts";
import { useKeeperBench } from "./support/keeperBench.ts";
import { writeConfig, type KeeperProcess } from "./support/keeperProcess.ts";
import { etherFor } from "./support/etherFor.ts";
import { readEventsNamed } from "./support/readEvents.ts";

const USDC = 10n ** 6n;
const ETHER = 10n ** 18n;
const DEBT = 10_000n * USDC;

describe("npm run keeper", function () {
  this.timeout(60_000);
  const bench = useKeeperBench("keeper");

  const start = (changes: Readonly<Record<string, unknown>> = {}, command: "run" | "once" = "run") =>
    bench.start(bench.written(changes), command);

  /** Mines blocks `seconds` apart until `isDone`, giving the keeper time in between; fails after `most`. */
  async function mineUntil(isDone: () => Promise<boolean>, seconds = 12, most = 80): Promise<void> {
    for (let i = 0; i < most; ++i) {
      if (await isDone()) return;
      await bench.chain.mine(seconds);
      await sleep(60);
    }
    const tail =
      bench.keepers
        .at(-1)
        ?.lines.slice(-15)
        .map((line) => JSON.stringify(line)) ?? [];
    throw new Error(`not within ${most} blocks; ${bench.keepers.at(-1)?.stderr() ?? ""}\n${tail.join("\n")}`);
  }

  async function statusOf(account: AccountId): Promise<Status> {
    return Number(await bench.world.vault.getFunction("statusOf").staticCall(account)) as Status;
  }

  const events = <Name extends VaultEventName>(name: Name) => readEventsNamed(bench.chain, bench.world, name);

  const opened = (n: bigint, health: number) => bench.world.open(n, 0, etherFor(health), DEBT);
  const isSeen = (keeper: KeeperProcess) => () =>
    Promise.resolve(keeper.lines.some(({ event }) => event === "block.seen"));

  it("calls, waits, takes tranches, closes what recovered and takes the critical at once", async () => {
    const [calm, slipping, sinking, reckless] = [
      await opened(1n, 1.6),
      await opened(2n, 1.065),
      await opened(3n, 1.058),
      await opened(4n, 1.0565),
    ];
    await bench.chain.mine();
    const keeper = start();
    await mineUntil(isSeen(keeper));

    await bench.world.setPrice(0, 1_870);
    await mineUntil(async () => (await events("MarginCallOpened")).length === 3);
    const calls = await events("MarginCallOpened");
    expect(calls.map(({ account }) => account)).to.have.members([slipping, sinking, reckless]);
    expect(calls.every(({ actor }) => actor === bench.world.keeper.address)).to.be.true;
    expect(await statusOf(calm)).to.equal(Status.Healthy);
    expect(await events("Liquidated")).to.be.empty;

    // The first cures itself by a deposit, which closes its call without the keeper.
    await bench.world.act(
      bench.world.vault,
      "depositCollateral",
      slipping,
      bench.world.deployment.collaterals[0]!.address,
      ETHER,
    );
    const { deadline } = calls.find(({ account }) => account === sinking)!.notice;
    const timestamp = async () =>
      Number(
        (await bench.chain.send<{ timestamp: string }>("eth_getBlockByNumber", "latest", false)).timestamp,
      );
    await mineUntil(async () => (await timestamp()) > Number(deadline) - 120, 600);
    expect(await statusOf(slipping)).to.be.oneOf([Status.Healthy, Status.Warned]);
    const before = await events("Liquidated");
    expect(before.filter(({ account }) => account === sinking)).to.be.empty;

    await mineUntil(async () => (await events("Liquidated")).some(({ account }) => account === sinking), 60);
    const [take] = (await events("Liquidated")).filter(({ account }) => account === sinking);
    expect(take?.notice.status).to.equal(Status.Expired);
    expect(take!.notice.repaid < DEBT / 2n).to.be.true;

    // Far below the floor: taken without waiting for anything.
    const doomed = await opened(5n, 1.2);
    await bench.world.setPrice(0, 1_450);
    const from = Number(await bench.chain.send<string>("eth_blockNumber"));
    await mineUntil(async () => {
      const takes = await events("Liquidated");
      return takes.some(({ account, notice }) => account === doomed && notice.status >= Status.Critical);
    });
    expect(Number(await bench.chain.send<string>("eth_blockNumber")) - from).to.be.at.most(6);
    expect(await keeper.stop("SIGTERM")).to.equal(0);
    expect(keeper.stderr()).to.equal("");
    expect(keeper.lines.at(-1)?.event).to.equal("keeper.stopped");
  });

  it("K-20 takes with an exact allowance what asks for a little more in each block, by one approval", async () => {
    const account = await opened(1n, 1.06);
    await bench.chain.mine();
    const keeper = start({ allowance: "exact" });
    await mineUntil(isSeen(keeper));
    await bench.world.setPrice(0, 1_870);
    await mineUntil(async () => (await events("MarginCallOpened")).length === 1);
    await mineUntil(async () => (await statusOf(account)) === Status.Expired, 240);
    await mineUntil(async () => (await events("Liquidated")).length === 1);
    const sent = keeper.lines.filter(({ event }) => event === "transaction.sent").map(({ duty }) => duty);
    expect(sent).to.deep.equal(["openCall", "approve", "liquidateProfitable"]);
    await keeper.stop("SIGTERM");
  });

  it("closes a recovered call past its deadline, and reopens a lapsed one", async () => {
    const [recovering, lapsing] = [await opened(1n, 1.062), await opened(2n, 1.0565)];
    await bench.chain.mine();
    const keeper = start({ profitMargin: "1000000" });
    await mineUntil(isSeen(keeper));
    await bench.world.setPrice(0, 1_872);
    await mineUntil(async () => (await events("MarginCallOpened")).length === 2);
    // Above 1 for one of them and never at the closing level.
    await bench.world.setPrice(0, 1_888);
    await mineUntil(
      async () => (await events("MarginCallClosed")).some(({ account }) => account === recovering),
      900,
    );
    await mineUntil(
      async () => (await events("MarginCallOpened")).some(({ notice }) => notice.reopened),
      900,
    );
    const [again] = (await events("MarginCallOpened")).filter(({ notice }) => notice.reopened);
    expect(again).to.deep.include({ account: lapsing, actor: bench.world.keeper.address });
    await keeper.stop("SIGTERM");
  });

  it("books the loss of an account with nothing left", async () => {
    const account = await opened(1n, 1.06);
    await bench.chain.mine();
    const keeper = start({ criticalAtAnyProfit: false, profitMargin: "1000000" });
    await mineUntil(isSeen(keeper));
    await bench.world.setPrice(0, 1);
    await mineUntil(async () => (await events("BadDebtRealized")).length === 1);
    const [loss] = await events("BadDebtRealized");
    expect(loss).to.deep.include({ account, actor: bench.world.keeper.address });
    await keeper.stop("SIGTERM");
  });

  it("once does what is due and ends", async () => {
    await opened(1n, 1.06);
    await bench.world.setPrice(0, 1_870);
    await bench.chain.mine();
    const keeper = start({}, "once");
    await mineUntil(() => Promise.resolve(keeper.process.exitCode !== null), 12, 400);
    expect(await keeper.ended()).to.equal(0);
    expect(await events("MarginCallOpened")).to.have.length(1);
  });

  it("K-12 refuses a second process on the same store", async () => {
    await bench.chain.mine();
    const first = start();
    await mineUntil(isSeen(first));
    const second = start();
    expect(await second.ended()).to.equal(2);
    expect(second.stderr()).to.contain("in use by another keeper");
    await first.stop("SIGINT");
  });

  it("K-08 stops when somebody else sends with its key", async () => {
    await bench.chain.mine();
    const keeper = start();
    await mineUntil(isSeen(keeper));
    const stranger = () =>
      bench.chain.send("eth_sendTransaction", {
        from: bench.world.keeper.address,
        to: bench.world.trader.address,
        value: "0x1",
      });
    for (let i = 0; i < 3; ++i) {
      await stranger().catch(() => undefined);
      await bench.chain.mine();
      await sleep(100);
    }
    await mineUntil(() => Promise.resolve(keeper.process.exitCode !== null), 12, 40);
    expect(await keeper.ended()).to.equal(1);
    expect(keeper.stderr()).to.contain("another process has its key");
  });

  it("K-13 follows a chain that goes back, and calls again what the old one had called", async () => {
    await opened(1n, 1.06);
    await bench.world.setPrice(0, 1_870);
    await bench.chain.mine();
    const snapshot = await bench.chain.send("evm_snapshot");
    const keeper = start();
    await mineUntil(async () => (await events("MarginCallOpened")).length === 1);
    await bench.chain.send("evm_revert", snapshot);
    expect(await events("MarginCallOpened")).to.be.empty;
    await mineUntil(async () => (await events("MarginCallOpened")).length === 1, 13);
    await keeper.stop("SIGTERM");
    expect(keeper.lines.some(({ event }) => event === "block.rolledBack" || event === "book.lost")).to.be
      .true;
  });

  it("K-19 never writes the key, whatever happens", async () => {
    await opened(1n, 1.06);
    await bench.world.setPrice(0, 1_870);
    await bench.chain.mine();
    const keeper = start();
    await mineUntil(async () => (await events("MarginCallOpened")).length === 1);
    await keeper.stop("SIGTERM");
    expect(JSON.stringify(keeper.lines) + keeper.stderr()).to.not.contain(KEYS.keeper.slice(2, 40));
  });

  const wrong: Record<string, { change: Readonly<Record<string, unknown>>; says: string }> = {
    "an unknown key": { change: { pollSeconds: 1 }, says: 'unknown key "pollSeconds"' },
    "a key that is not set": {
      change: { key: { privateKeyEnv: "NO_SUCH_KEY" } },
      says: "NO_SUCH_KEY is not set",
    },
  };
  for (const [name, { change, says }] of Object.entries(wrong)) {
    it(`C-66 ends with code 2 and one sentence given ${name}`, async () => {
      const keeper = start(change);
      expect(await keeper.ended()).to.equal(2);
      expect(keeper.stderr().trim().split("\n")).to.have.length(1);
      expect(keeper.stderr()).to.contain(says);
    });
  }

  it("C-66 ends with code 2 when the endpoint serves another chain", async () => {
    const deployment = { ...bench.world.deployment, chainId: 1 };
    const keeper = bench.start(writeConfig(bench.folder, bench.chain.url, deployment));
    expect(await keeper.ended()).to.equal(2);
    expect(keeper.stderr()).to.contain("serves chain 31337, the deployment is on chain 1");
  });
});
