import { expect } from "chai";
import { MaxUint256, ZeroAddress } from "ethers";
import * as sdk from "../../sdk/index.ts";
import type { AccountId, AccountState, Take, VaultMoment } from "../../sdk/index.ts";
import { deployLiveVault, FIRST_ANSWERS, type LiveVault } from "./support/liveVault.ts";
import { diceOf, type Dice } from "./support/seed.ts";

const ACCOUNTS = 16;
const LEAST_ROUNDS = 8;
/** A round meets each case often enough that this many never fall short. */
const MOST_ROUNDS = 150;
const OTHERS = 2;
/** The collaterals of which a default leaves something. */
const LOTS = [0, 2];
const HOUR = 3_600n;
const PAUSES = [1n, 12n, 60n, 900n, HOUR / 2n, HOUR, 4n * HOUR];
const AFTER_DEADLINE = [-60n, -1n, 0n, 1n, 300n, 1_000n, HOUR / 2n, HOUR - 2n, HOUR, 2n * HOUR];

type Outcome =
  | { readonly ok: readonly bigint[] }
  | { readonly error: string; readonly args: Readonly<Record<string, unknown>> };

interface Picture {
  readonly id: AccountId;
  readonly account: AccountState;
  readonly moment: VaultMoment;
  readonly block: { readonly blockTag: number };
}

/** Counts of what the comparison has seen: a differential test that never met a case has not tested it. */
class Seen {
  readonly #counts = new Map<string, number>();

  add(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  missing(wanted: readonly string[]): string[] {
    return wanted.filter((what) => !this.#counts.has(what));
  }
}

async function outcomeOf(call: Promise<readonly bigint[]>): Promise<Outcome> {
  try {
    return { ok: [...(await call)] };
  } catch (error) {
    const data = sdk.revertDataOf(error);
    if (data === undefined) throw error;
    const { name, args } = sdk.decodeError(data);
    return { error: name, args };
  }
}

/** What the contract does with a take that the mirror worked out. */
function expectedOutcome(
  take: Take,
  ok: readonly bigint[],
  id: AccountId,
  asset: string,
  oracle: string,
): Outcome {
  const { wanted, found, status } = take;
  const error = sdk.refusalName(take.refusal);
  switch (take.refusal) {
    case sdk.Refusal.None:
      return { ok };
    case sdk.Refusal.OracleUnavailable:
      return { error, args: { oracle } };
    case sdk.Refusal.Paused:
      return { error: "LiquidationPaused", args: {} };
    case sdk.Refusal.NotLiquidatable:
      return { error, args: { account: id, status: BigInt(status) } };
    case sdk.Refusal.CollateralNotHeld:
      return { error, args: { account: id, asset } };
    case sdk.Refusal.PriceNotFresh:
      return { error, args: { asset } };
    case sdk.Refusal.WrongCollateral:
      return { error, args: { asset, maintenanceBps: found, lowestBps: wanted } };
    case sdk.Refusal.TakeTooSmall:
      return { error, args: { repaid: found, minimum: wanted } };
    case sdk.Refusal.RemainingDebtTooSmall:
      return { error, args: { remaining: found, minimum: wanted } };
    case sdk.Refusal.SeizedTooLittle:
      return { error, args: { seized: found, minSeized: wanted } };
    case sdk.Refusal.NoImprovement:
      return { error, args: { account: id, asset, remaining: found } };
    default:
      throw new Error(`a take is never refused with ${error}`);
  }
}

class Comparison {
  readonly seen = new Seen();
  answers = 0;
  readonly #live: LiveVault;
  readonly #dice: Dice;

  constructor(live: LiveVault, dice: Dice) {
    this.#live = live;
    this.#dice = dice;
  }

  async compare(ids: readonly AccountId[]): Promise<void> {
    const { handle } = this.#live;
    const { vault } = handle;
    const blockTag = await this.#live.blockNumber();
    const moment = await sdk.readMoment(handle, blockTag);
    await this.#compareInterest(moment, blockTag);
    await this.#compareClock(moment, blockTag);
    for (const id of ids) {
      const account = await sdk.readAccount(vault, id, moment.collaterals, blockTag);
      const picture = { id, account, moment, block: { blockTag } };
      await this.#compareMargin(picture);
      await this.#compareCure(picture);
      await this.#compareCalls(picture);
      await this.#compareTakes(picture);
    }
  }

  async #compareInterest(moment: VaultMoment, blockTag: number): Promise<void> {
    const { vault, deployment } = this.#live.handle;
    const pool = await sdk.readPool(vault, blockTag);
    const timestamp = await this.#live.timeOf(blockTag);
    expect(sdk.debtIndexAt(pool, timestamp, sdk.ratesOf(deployment))).to.equal(moment.debtIndex);
  }

  /** What the clock is expected to show a second later is what it shows there. */
  async #compareClock({ clock }: VaultMoment, number: number): Promise<void> {
    const state = await sdk.readClockState(this.#live.handle.clock, {
      number,
      timestamp: await this.#live.timeOf(number),
    });
    expect(state.moment).to.deep.equal(clock);
    const stop = sdk.stopOf(state);
    this.seen.add(stop ?? "running");
    expect(stop === "callingPaused" ? clock.isCallingPaused : true).to.equal(true);
    expect(clock.isLiquidationPaused).to.equal(state.liquidationPausedUntil > state.timestamp);
    expect(clock.isCallingPaused).to.equal(state.callingPausedUntil > state.timestamp);
    if (!this.#dice.oneIn(3)) return;
    const seconds = this.#dice.pick(PAUSES);
    const restore = await this.#live.remember();
    await this.#live.pass(seconds);
    const later = await this.#live.timeOf(await this.#live.blockNumber());
    const { uptime } = sdk.momentAt(state, later);
    expect((await this.#live.handle.clock.read()).uptime, `${stop} and ${seconds} s`).to.equal(uptime);
    if (uptime > clock.uptime) expect(sdk.timeOf(state, uptime)).to.equal(later);
    await restore();
  }

  async #compareMargin({ id, account, moment, block }: Picture): Promise<void> {
    const { vault, deployment } = this.#live.handle;
    const own = sdk.marginOf(account, moment);
    const fields = (m: Readonly<Record<keyof sdk.Margin, bigint | number>>): bigint[] =>
      [
        m.value,
        m.initialValue,
        m.maintenanceValue,
        m.liquidationValue,
        m.debt,
        m.healthWad,
        m.floorHealthWad,
        m.shortfall,
        m.status,
        m.calledAt,
        m.deadline,
        m.auctionStart,
      ].map(BigInt);
    const expected: Outcome =
      own === undefined
        ? { error: "OracleUnavailable", args: { oracle: deployment.oracle } }
        : { ok: fields(own) };
    expect(await outcomeOf(vault.marginOf(id, block).then(fields))).to.deep.equal(expected);
    if (own === undefined) return;
    this.seen.add(sdk.statusName(own.status));
    if (own.deadline !== account.deadline) this.seen.add("protected");
    expect(await vault.statusOf(id, block)).to.equal(BigInt(own.status));
    expect(await vault.debtOf(id, block)).to.equal(own.debt);
  }

  async #compareCure({ id, account, moment, block }: Picture): Promise<void> {
    const { vault, deployment } = this.#live.handle;
    const own = sdk.cureAmounts(account, moment);
    const expected: Outcome =
      own === undefined
        ? { error: "OracleUnavailable", args: { oracle: deployment.oracle } }
        : { ok: [own.shortfall, own.repay, ...own.collaterals.flatMap((c) => [BigInt(c.asset), c.deposit])] };
    const actual = vault
      .previewCure(id, block)
      .then(({ shortfall, repay, assets, deposits }) => [
        shortfall,
        repay,
        ...[...assets].flatMap((asset, i) => [BigInt(asset), deposits[i]!]),
      ]);
    expect(await outcomeOf(actual)).to.deep.equal(expected);
  }

  async #compareCalls({ id, account, moment, block }: Picture): Promise<void> {
    const { vault } = this.#live.handle;
    const isLot = this.#isLot(id);
    const opening = isLot ? sdk.workSaleOpening(account, moment) : sdk.workOpening(account, moment);
    const [refusal] = await vault.openCalls.staticCall([id], block);
    expect(refusal).to.equal(BigInt(opening.refusal));
    const what = isLot ? "sale " : "";
    if (opening.refusal === sdk.Refusal.Paused) this.seen.add(`${what}opening paused`);
    if (opening.refusal === sdk.Refusal.None)
      this.seen.add(what + (opening.reopened ? "reopening" : "opening"));
    const [closing] = await vault.closeCalls.staticCall([id], block);
    expect(closing).to.equal(BigInt(sdk.closingRefusal(account, moment)));
    if (closing === 0n) this.seen.add("closing");
  }

  async #compareTakes(picture: Picture): Promise<void> {
    const { id, account, moment, block } = picture;
    const { vault, deployment } = this.#live.handle;
    const work = this.#isLot(id) ? sdk.workSale : sdk.workTake;
    const assets = [...moment.collaterals.map(({ asset }) => asset), ZeroAddress];
    for (const [number, asset] of assets.entries()) {
      const whole = work(account, moment, { number, maxRepay: MaxUint256 });
      for (const maxRepay of this.#payments(whole, moment.risk.minimumDebt)) {
        const take = work(account, moment, { number, maxRepay });
        this.#note(take, id);
        const ok = [take.repaid, take.insured, take.seized, take.discountWad];
        const expected = expectedOutcome(take, ok, id, asset, deployment.oracle);
        const actual = await outcomeOf(vault.previewLiquidation(id, asset, maxRepay, block));
        expect(actual, `${id} ${asset} ${maxRepay}`).to.deep.equal(expected);
        if (take.refusal === sdk.Refusal.None && this.#dice.oneIn(3))
          await this.#compareExecution(picture, asset, take, maxRepay);
      }
    }
  }

  /** `liquidate` itself gives what the preview says, and refuses when it would give less than is asked for. */
  async #compareExecution({ id, account, moment, block }: Picture, asset: string, t: Take, maxRepay: bigint) {
    const { vault, deployment } = this.#live.handle;
    for (const minSeized of [t.seized, t.seized + 1n]) {
      const work = this.#isLot(id) ? sdk.workSale : sdk.workTake;
      const take = work(account, moment, { number: t.number, maxRepay, minSeized });
      this.#note(take, id);
      const ok = [take.repaid, take.insured, take.seized];
      const to = this.#live.owner;
      const call = vault.liquidate.staticCall(id, asset, maxRepay, minSeized, to, "0x", block);
      expect(await outcomeOf(call)).to.deep.equal(expectedOutcome(take, ok, id, asset, deployment.oracle));
    }
  }

  /** All, nothing, and amounts on either side of where the answer changes. */
  #payments(whole: Take, minimumDebt: bigint): bigint[] {
    const full = whole.repaid + whole.insured;
    const near = [full - 1n, full, full + 1n, full / 4n, (full + 3n) / 4n + 1n, this.#dice.below(full + 1n)];
    const leavesTooLittle = whole.before.debt - minimumDebt / 2n;
    const pays = [MaxUint256, this.#dice.pick(near), this.#dice.pick([0n, leavesTooLittle, leavesTooLittle])];
    return pays.filter((pay) => pay >= 0n);
  }

  #isLot(id: AccountId): boolean {
    return sdk.isOwnedBy(id, this.#live.handle.deployment.vault);
  }

  #note(take: Take, id: AccountId): void {
    this.answers += 1;
    this.seen.add(sdk.refusalName(take.refusal));
    if (this.#isLot(id)) {
      if (take.refusal === sdk.Refusal.None) this.seen.add(take.empties ? "sale" : "sale of a part");
      return;
    }
    if (take.refusal !== sdk.Refusal.None) return;
    this.seen.add(`take of ${sdk.statusName(take.status)}`);
    if (take.empties) this.seen.add("empties");
    if (take.insured === 0n) this.seen.add("uninsured");
  }
}

/** Opens accounts with one to three collaterals, some of them dust, owing nothing to all that they may. */
async function populate({ handle, owner }: LiveVault, dice: Dice, unit: bigint): Promise<AccountId[]> {
  const { vault, deployment } = handle;
  const ids: AccountId[] = [];
  const { prices } = await sdk.readMoment(handle, "latest");
  for (let n = 0; n < ACCOUNTS; ++n) {
    const id = sdk.accountIdOf(await owner.getAddress(), BigInt(n));
    for (const number of sdk.numbersIn(1 + Number(dice.below(7n)))) {
      const value = dice.oneIn(6) ? dice.between(1n, 12n) : dice.between(150n, dice.pick([600n, 50_000n]));
      const amount = (value * unit * sdk.PRICE_SCALE) / prices.price36[number]!;
      await vault.depositCollateral(id, deployment.collaterals[number]!.address, amount);
    }
    ids.push(id);
    const { initialValue } = await vault.marginOf(id);
    const share = dice.between(500n, 999n);
    const debt = (initialValue * share) / 1_000n;
    if (debt >= 100n * unit && !dice.oneIn(10)) await vault.borrow(id, debt, owner);
  }
  return ids;
}

/** A default behind which some of each of two collaterals is left: their lots. */
async function forfeit({ handle, owner, feeds }: LiveVault, unit: bigint): Promise<AccountId[]> {
  const { vault, deployment } = handle;
  const id = sdk.accountIdOf(await owner.getAddress(), 1_000n);
  const { prices } = await sdk.readMoment(handle, "latest");
  for (const number of LOTS) {
    const amount = (400n * unit * sdk.PRICE_SCALE) / prices.price36[number]!;
    await vault.depositCollateral(id, deployment.collaterals[number]!.address, amount);
  }
  await vault.borrow(id, 400n * unit, owner);
  for (const number of LOTS) await feeds[number]!.push(1n);
  await vault.bookLoss([id]);
  for (const number of LOTS) await feeds[number]!.push(FIRST_ANSWERS[number]!);
  return LOTS.map((number) => sdk.accountIdOf(deployment.vault, BigInt(number)));
}

/** Stops the clock, or lets it go on: pauses that end by themselves, outages known at once or late. */
async function stopOrGoOn({ handle, uptimeFeed, blockNumber, timeOf }: LiveVault, dice: Dice): Promise<void> {
  const ago = async (seconds: bigint) => (await timeOf(await blockNumber())) - seconds;
  switch (dice.below(5n)) {
    case 0n:
      await handle.clock.pause(0, dice.pick([60n, HOUR, 4n * HOUR]));
      break;
    case 1n:
      await handle.clock.pause(1, dice.pick([60n, HOUR, 4n * HOUR]));
      break;
    case 2n:
      await uptimeFeed.push(1n);
      break;
    case 3n:
      await uptimeFeed.push(0n);
      break;
    default:
      await uptimeFeed.pushAt(1n, await ago(dice.pick([60n, HOUR])));
      await uptimeFeed.pushAt(0n, await ago(30n));
  }
}

/** Moves the prices so that account `id` stands near health factor `targetWad`; some feeds miss the round. */
async function movePrices(
  live: LiveVault,
  id: AccountId,
  targetWad: bigint,
  dice: Dice,
  isPlain = false,
): Promise<void> {
  const { vault } = live.handle;
  const moment = await sdk.readMoment(live.handle, "latest");
  const account = await sdk.readAccount(vault, id, moment.collaterals, "latest");
  const health = sdk.marginOf(account, moment)?.healthWad ?? sdk.MAX_UINT256;
  const spread = isPlain ? 0n : dice.pick([0n, 5n, 30n]);
  for (const feed of live.feeds) {
    if (!isPlain && dice.oneIn(8)) continue;
    const [, answer] = await feed.latestRoundData();
    const moved = health === sdk.MAX_UINT256 || health === 0n ? answer : (answer * targetWad) / health;
    const answered = (moved * dice.between(1_000n - spread, 1_000n + spread)) / 1_000n;
    await feed.push(!isPlain && dice.oneIn(60) ? 0n : answered);
  }
}

/** Mostly inside the call band or just above it, sometimes anywhere from insolvency to comfort. */
function healthOf(dice: Dice): bigint {
  const range = dice.pick([
    [95n, 99n],
    [95n, 99n],
    [100n, 103n],
    [70n, 125n],
  ] as const);
  return dice.between(range[0] * 10n ** 16n, range[1] * 10n ** 16n);
}

/** What traders and keepers do between two looks. */
async function act(live: LiveVault, ids: readonly AccountId[], dice: Dice): Promise<void> {
  const { vault, deployment } = live.handle;
  if (dice.oneIn(4)) await vault.closeCalls([...ids]);
  const id = dice.pick(ids);
  const debt = dice.oneIn(3) ? await vault.debtOf(id) : 0n;
  if (debt > 1n) await vault.repay(id, dice.between(1n, debt / 2n + 1n));
  const requests = ids.map((account) => ({
    account,
    asset: dice.pick(deployment.collaterals).address,
    maxRepay: dice.oneIn(2) ? MaxUint256 : dice.upToBits(90),
    minSeized: 0n,
  }));
  if (dice.oneIn(2)) await vault.liquidateMany(requests, live.owner);
  if (dice.oneIn(8)) await vault.bookLoss([...ids]);
}

/** One crash from the same beginning: called, left until about the deadline, acted upon, looked at in between. */
async function crash(
  live: LiveVault,
  ids: readonly AccountId[],
  lots: readonly AccountId[],
  comparison: Comparison,
  dice: Dice,
) {
  const { vault } = live.handle;
  const id = dice.pick(ids);
  // Half of the time the account is simply called and then expired, with every price fresh.
  const isPlain = dice.oneIn(2);
  const move = () => movePrices(live, id, isPlain ? 985n * 10n ** 15n : healthOf(dice), dice, isPlain);
  const looked = () => [id, dice.pick(lots), ...Array.from({ length: OTHERS }, () => dice.pick(ids))];
  const mayStop = async () => (dice.oneIn(3) ? stopOrGoOn(live, dice) : undefined);
  await mayStop();
  await move();
  await comparison.compare(looked());
  if (isPlain || !dice.oneIn(5)) await vault.openCalls([...ids, ...lots]);
  await comparison.compare([id]);
  await mayStop();

  const { deadline } = await vault.marginOf(id);
  const left = deadline - (await vault.uptime());
  await live.pass(
    left > 0n ? left + (isPlain ? dice.below(HOUR / 3n) : dice.pick(AFTER_DEADLINE)) : dice.pick(PAUSES),
  );
  await move();
  await comparison.compare(looked());
  await act(live, [...ids, ...lots], dice);
  await mayStop();
  await live.pass(dice.oneIn(9) ? 80n * HOUR : dice.pick(PAUSES));
  if (dice.oneIn(2)) await movePrices(live, id, healthOf(dice), dice);
  await comparison.compare(looked());
}

const EVERY_STATUS = Object.keys(sdk.Status);
const EVERY_REFUSAL = [
  "None",
  "NotLiquidatable",
  "CollateralNotHeld",
  "PriceNotFresh",
  "WrongCollateral",
  "TakeTooSmall",
  "SeizedTooLittle",
  "RemainingDebtTooSmall",
  "NoImprovement",
  "Paused",
];
const EVERY_STOP = ["running", "sequencerDown", "callingPaused", "liquidationPaused", "protected"];
const EVERY_ACT = ["opening", "reopening", "opening paused", "closing", "empties", "uninsured"];
const EVERY_SALE = ["sale opening", "sale reopening", "sale opening paused", "sale", "sale of a part"];
const WANTED = [...EVERY_STATUS, ...EVERY_REFUSAL, ...EVERY_STOP, ...EVERY_ACT, ...EVERY_SALE];

// Every case is met at one scale; the other scale sees that nothing depends on it.
const SCALES = [
  { quoteDecimals: 6, wanted: WANTED },
  { quoteDecimals: 18, wanted: [] },
];

for (const { quoteDecimals, wanted } of SCALES) {
  describe(`whole path: a vault of ${quoteDecimals} decimals answers what the sdk works out`, function () {
    this.timeout(180_000);

    it("through calls, auctions, stops of the clock, sales of what defaults left, stale and dead prices, insolvency and an oracle that is gone", async () => {
      const dice = diceOf("whole path");
      const live = await deployLiveVault(quoteDecimals);
      const unit = 10n ** BigInt(quoteDecimals);
      const ids = await populate(live, dice, unit);
      const lots = await forfeit(live, unit);
      const comparison = new Comparison(live, dice);
      let rounds = 0;
      while (rounds < LEAST_ROUNDS || comparison.seen.missing(wanted).length > 0) {
        if (++rounds > MOST_ROUNDS) break;
        const restore = await live.remember();
        await crash(live, ids, lots, comparison, dice);
        await restore();
      }
      expect(comparison.seen.missing(wanted), `never met with FUZZ_SEED=${dice.seed}`).to.deep.equal([]);
      console.log(`    ${rounds} rounds, ${comparison.answers} answers compared`);

      await live.breakContract(live.handle.deployment.oracle);
      await comparison.compare([...ids, ...lots]);
      expect(comparison.seen.missing(["OracleUnavailable"])).to.deep.equal([]);
    });
  });
}
