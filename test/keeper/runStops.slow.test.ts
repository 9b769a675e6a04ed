import { expect } from "chai";
import { describe, it } from "mocha";
import { setTimeout as sleep } from "node:timers/promises";
import { accountIdOf, type AccountId } from "../../sdk/accountId.ts";
import type { VaultEventName } from "../../sdk/vaultEvent.ts";
import { Status } from "../../sdk/vaultTypes.ts";
import { useKeeperBench } from "./support/keeperBench.ts";
import type { KeeperProcess, LogLine } from "./support/keeperProcess.ts";
import type { World } from "./support/world.ts";
import { readEventsNamed } from "./support/readEvents.ts";

const USDC = 10n ** 6n;
const DEBT = 10_000n * USDC;
const BITCOIN = 10n ** 8n;
const CALLING = 0;
const LIQUIDATION = 1;
const [UP, DOWN] = [0n, 1n];
const STEP = 12;

type AccountEventName = "MarginCallOpened" | "Liquidated" | "BadDebtRealized";

describe("npm run keeper, while the protocol's clock stops", function () {
  this.timeout(180_000);
  const bench = useKeeperBench("keeper");
  let keeper: KeeperProcess;

  function start(changes: Readonly<Record<string, unknown>> = {}): void {
    keeper = bench.start(bench.written(changes));
  }

  async function head(): Promise<{ number: number; timestamp: number }> {
    const block = await bench.chain.send<Record<"number" | "timestamp", string>>(
      "eth_getBlockByNumber",
      "latest",
      false,
    );
    return { number: Number(block.number), timestamp: Number(block.timestamp) };
  }

  const named = (event: string): LogLine[] => keeper.lines.filter((line) => line.event === event);

  /** Mines a block and waits until the keeper has decided upon it, so that what it sends is in the next one. */
  async function step(seconds = STEP): Promise<number> {
    await bench.chain.mine(seconds);
    const { number } = await head();
    for (let i = 0; i < 1_000; ++i) {
      if (named("block.seen").some(({ block }) => block === number)) return number;
      await sleep(10);
    }
    const tail = keeper.lines.slice(-15).map((line) => JSON.stringify(line));
    throw new Error(`the keeper has not seen block ${number}; ${keeper.stderr()}\n${tail.join("\n")}`);
  }

  async function stepUntil(timestamp: number, seconds = STEP): Promise<void> {
    for (let now = await head(); now.timestamp < timestamp; now = await head()) {
      await step(Math.min(seconds, timestamp - now.timestamp));
    }
  }

  const events = <Name extends VaultEventName>(name: Name) => readEventsNamed(bench.chain, bench.world, name);

  const eventsOf = async <Name extends AccountEventName>(name: Name, id: AccountId) =>
    (await events(name)).filter((event) => "account" in event && event.account === id);

  async function statusOf(account: AccountId): Promise<Status> {
    return Number(await bench.world.vault.getFunction("statusOf").staticCall(account)) as Status;
  }

  /** Opens an account with `health` at 2,000. */
  function opened(subAccount: bigint, health: number): Promise<AccountId> {
    const ether = BigInt(Math.round((10_000 / 0.802 / 2_000) * health * 1e9)) * 10n ** 9n;
    return bench.world.open(subAccount, 0, ether, DEBT);
  }

  it("C-62 C-28 I-22 sends nothing that is refused through a pause and an outage over a deadline, then acts at once", async () => {
    const [early, late] = [await opened(1n, 1.0565), await opened(2n, 1.08)];
    const doomed = await bench.world.open(3n, 1, BITCOIN, 20_000n * USDC);
    await bench.chain.mine();
    start({ recordEverySeconds: 1_000_000 });
    await step();
    await bench.world.setPrice(0, 1_870);
    await step();
    await step();
    await step();
    const [call] = await eventsOf("MarginCallOpened", early);
    const deadline = Number(call!.notice.deadline);
    expect(await eventsOf("MarginCallOpened", late)).to.be.empty;

    // 300 s before the deadline calling is paused for a quarter of an hour and liquidation for an hour.
    const stopsAt = deadline - 300;
    await stepUntil(stopsAt - 1, 300);
    await bench.world.act(bench.world.clock, "pause", CALLING, 900);
    await bench.world.act(bench.world.clock, "pause", LIQUIDATION, 3_600);
    await bench.world.setPrice(0, 1_840);
    await step(1);
    expect((await head()).timestamp).to.equal(stopsAt);
    expect(await statusOf(late)).to.equal(Status.Callable);
    await stepUntil(deadline + 100, 60);
    expect(await eventsOf("MarginCallOpened", late)).to.be.empty;
    expect(await statusOf(early)).to.equal(Status.Called);

    // Below its floor nobody waits for anything, whatever is paused.
    await bench.world.setPrice(1, 22_000);
    const crash = await step();
    await step();
    expect((await eventsOf("Liquidated", doomed)).map(({ block }) => block)).to.deep.equal([crash + 1]);
    const takenBefore = (await events("Liquidated")).length;

    // The sequencer goes down in the pause and comes up half an hour after it. Calls may be opened in an outage.
    await stepUntil(stopsAt + 800, 60);
    await bench.world.act(bench.world.uptimeFeed, "push", DOWN);
    await step();
    const resumesAt = stopsAt + 900;
    await stepUntil(resumesAt, 60);
    const { number: resumed } = await head();
    await step();
    const calls = await eventsOf("MarginCallOpened", late);
    expect(calls.map(({ block }) => block)).to.deep.equal([resumed + 1]);
    await stepUntil(stopsAt + 5_400, 300);
    expect(await statusOf(early)).to.equal(Status.Called);
    await bench.world.act(bench.world.uptimeFeed, "push", UP);
    await step();
    expect(named("clock.runs")).to.have.length(1);

    // The clock stood still at 300 s before the deadline; 900 s are what everybody has after that.
    const { timestamp: runsAt } = await head();
    const passes = Number((await marginOf(early)).deadline - (await uptime())) + runsAt;
    expect(passes - runsAt).to.equal(900);
    await stepUntil(passes - 1, 60);
    expect(await statusOf(early)).to.equal(Status.Called);
    expect((await events("Liquidated")).length).to.equal(takenBefore);
    await step(1);
    const { number: first } = await head();
    await step();
    expect((await eventsOf("Liquidated", early)).map(({ block }) => block)).to.deep.equal([first + 1]);

    expect(named("clock.stopped").map(({ by }) => by)).to.deep.equal(["liquidationPaused", "sequencerDown"]);
    for (const refused of ["account.refused", "action.failed", "transaction.reverted", "audit.different"]) {
      expect(named(refused), refused).to.be.empty;
    }
    // One approval, and every other transaction did something: the vault passes over what it refuses in a batch.
    const done = [...(await events("MarginCallOpened")), ...(await events("Liquidated"))];
    expect(await bench.world.keeper.getNonce()).to.equal(1 + done.length);
    expect(await keeper.stop("SIGTERM")).to.equal(0);
  });

  it("books a loss, opens the sale of what it left, and buys it when it pays", async () => {
    const account = await opened(1n, 1.06);
    await bench.chain.mine();
    start({ criticalAtAnyProfit: false, profitMargin: "100" });
    await step();
    await bench.world.setPrice(0, 1);
    await step();
    await step();
    expect(await eventsOf("BadDebtRealized", account)).to.have.length(1);
    const lot = accountIdOf(bench.world.deployment.vault, 0n);
    const { address } = bench.world.deployment.collaterals[0]!;
    const amount = await collateralOf(lot, address);
    expect(amount > 0n).to.equal(true);

    // At 1 its sale would never pay; at 2,000 it is opened at once.
    await step();
    expect(await eventsOf("MarginCallOpened", lot)).to.be.empty;
    await bench.world.setPrice(0, 2_000);
    await step();
    await step();
    const [call] = await eventsOf("MarginCallOpened", lot);
    expect(call?.actor).to.equal(bench.world.keeper.address);
    await stepUntil(Number(call!.notice.deadline) + 60, 30);
    expect(await eventsOf("Liquidated", lot)).to.be.empty;

    const paid = await balanceOf(bench.world.quote);
    await stepUntil(Number(call!.notice.deadline) + 1_800, 30);
    const [sale] = await eventsOf("Liquidated", lot);
    expect(sale).to.deep.include({ actor: bench.world.keeper.address });
    const worth = (amount * 2_000n * USDC) / 10n ** 18n;
    const { insured, seized, repaid } = sale!.notice;
    expect([seized, repaid]).to.deep.equal([amount, 0n]);
    // It pays from 100 USDC above the gas on, which grows by 17 in a block of 30 s.
    expect(worth - insured >= 100n * USDC && worth - insured < 140n * USDC).to.equal(true);
    expect(await balanceOf(bench.world.tokens[0]!)).to.equal(amount);
    expect(paid - (await balanceOf(bench.world.quote))).to.equal(insured);
    expect(await collateralOf(lot, address)).to.equal(0n);
    expect(await keeper.stop("SIGTERM")).to.equal(0);
  });

  const uptime = () => bench.world.vault.getFunction("uptime").staticCall() as Promise<bigint>;
  const marginOf = (id: AccountId) =>
    bench.world.vault.getFunction("marginOf").staticCall(id) as Promise<{ deadline: bigint }>;
  const collateralOf = (id: AccountId, asset: string) =>
    bench.world.vault.getFunction("collateralOf").staticCall(id, asset) as Promise<bigint>;
  const balanceOf = (token: World["quote"]) =>
    token.getFunction("balanceOf").staticCall(bench.world.keeper.address) as Promise<bigint>;
});
