import { auctionStartAt, deadlineAt, mayClose, statusAt } from "../../sdk/callClock.ts";
import { valuationOf } from "../../sdk/valuation.ts";
import { Status, type AccountState, type VaultMoment } from "../../sdk/vaultTypes.ts";
import type { AccountTable } from "./accountTable.ts";
import type { Moments } from "./moments.ts";
import {
  CLOSE_LEVEL,
  INSOLVENT,
  isOrdered,
  levelOf,
  measureOf,
  NO_CALL,
  OVER,
  statusOfCall,
  statusOn,
  type CallClock,
} from "./rungs.ts";
import { Measure, MEASURES, RELATIVE_ROOM, roundingRoom, scalarAt, Scalars } from "./scalars.ts";
import { HEALTHY, standing, type Standing } from "./standing.ts";
import { Triggers } from "./triggers.ts";

const UP = 1 + RELATIVE_ROOM;
const DOWN = 1 - RELATIVE_ROOM;
/** No rung: too near to a threshold to tell. */
const UNSURE = -1;

/**
 * Says how an account stands, and leaves behind what will make that doubtful: triggers at prices, moments in time. Works
 * in doubles where these cannot be wrong; whatever is nearer to a threshold than rounding may reach is asked of the
 * exact mirror, now and at every moment after, until it is clear again: such accounts are in `restless`.
 */
export class Judge {
  readonly scalars = new Scalars();
  readonly triggers = new Triggers(this.scalars);
  /** Slots to judge again whatever happens. */
  readonly restless: number[] = [];
  readonly #table: AccountTable;
  readonly #moments: Moments;
  readonly #sums = new Float64Array(MEASURES);
  #moment: VaultMoment | undefined;
  #dust = 0;
  #uptime = 0;
  #isOrdered = false;

  constructor(table: AccountTable, moments: Moments) {
    this.#table = table;
    this.#moments = moments;
  }

  /** From here on `judge` judges at `moment`. */
  update(moment: VaultMoment): void {
    this.#moment = moment;
    this.#dust = Number(moment.risk.dustValue);
    this.#uptime = Number(moment.clock.uptime);
    this.#isOrdered = isOrdered(moment);
    this.scalars.update(moment);
  }

  judge(slot: number): Standing {
    const shares = this.#table.approximateSharesOf(slot);
    const hasCall = this.#table.deadlineOf(slot) !== 0;
    const call = hasCall ? this.#callOf(slot) : NO_CALL;
    if (shares === 0) {
      this.forget(slot);
      return hasCall ? standing(statusOfCall(call, false), false, false) : HEALTHY;
    }
    const set = this.#table.setOf(slot);
    const legs = this.#sumUp(slot, set);
    const top = hasCall ? OVER : OVER + 1;
    const rung = this.#isOrdered ? this.#rungOf(shares, legs, top, call.level) : UNSURE;
    if (rung === UNSURE) return this.#judgeExactly(slot);
    if (rung === INSOLVENT) return this.#judgeInsolvent(slot, set, shares, legs);
    const room = roundingRoom(legs);
    const least = (levelOf(rung, call.level) * shares + room) / (this.#sums[measureOf(rung)] ?? NaN);
    this.#waitForFall(slot, set, measureOf(rung), least);
    if (rung === top) this.#expectNoRise(slot, set);
    else {
      const measure = measureOf(rung + 1);
      const most = (levelOf(rung + 1, call.level) * shares) / (this.#sums[measure] ?? NaN);
      this.#waitForRise(slot, set, measure, most);
    }
    return standing(statusOn(rung, hasCall, call), hasCall && rung === OVER, false);
  }

  /** Leaves nothing behind that waits for prices; what waits for time stays. */
  forget(slot: number): void {
    const set = this.#table.setOf(slot);
    this.#expectNoFall(slot, set);
    this.#expectNoRise(slot, set);
  }

  /** The highest rung that the account surely has, when it surely has none above. */
  #rungOf(shares: number, legs: number, top: number, callLevel: number): number {
    const room = roundingRoom(legs);
    for (let rung = top; rung > INSOLVENT; --rung) {
      const sum = this.#sums[measureOf(rung)] ?? NaN;
      const wanted = levelOf(rung, callLevel) * shares;
      if (sum >= (wanted + room) * UP) return rung;
      if (!(sum < wanted * DOWN)) return UNSURE;
    }
    return INSOLVENT;
  }

  /** What is insolvent is hopeless when it is worth less than the dust value, which no index moves. */
  #judgeInsolvent(slot: number, set: number, shares: number, legs: number): Standing {
    const worth = this.#sums[Measure.Worth] ?? NaN;
    const dust = this.#dust;
    if (worth < dust * DOWN) {
      const debt = shares * this.scalars.shareWorth;
      this.#expectNoFall(slot, set);
      this.#waitForRise(slot, set, Measure.Worth, (dust < debt ? dust : debt) / worth);
      return standing(Status.Insolvent, false, true);
    }
    if (dust !== 0 && !(worth >= (dust + legs) * UP)) return this.#judgeExactly(slot);
    if (dust === 0) this.#expectNoFall(slot, set);
    else this.#waitForFall(slot, set, Measure.Worth, (dust + legs) / worth);
    this.#waitForRise(slot, set, Measure.Value, shares / (this.#sums[Measure.Value] ?? NaN));
    return standing(Status.Insolvent, false, false);
  }

  #judgeExactly(slot: number): Standing {
    this.forget(slot);
    this.restless.push(slot);
    const account = this.#table.read(slot);
    const { collaterals, prices, debtIndex, risk, clock } = this.#presentMoment;
    const v = valuationOf(account, collaterals, prices, debtIndex);
    return standing(
      statusAt(v, account, risk.auctionSeconds, clock),
      hasOpenCall(account) && mayClose(v, deadlineAt(account, clock), clock.uptime),
      v.value < v.debt && v.value < risk.dustValue,
    );
  }

  /** The call of an account at this moment; its next change by time is noted. */
  #callOf(slot: number): CallClock {
    const { clock, risk } = this.#presentMoment;
    const stored = {
      deadline: BigInt(this.#table.deadlineOf(slot)),
      auctionStart: BigInt(this.#table.auctionStartOf(slot)),
    };
    const deadline = Number(deadlineAt(stored, clock));
    // An auction of no length is over before it begins, wherever it is set to begin.
    const isNoAuction = risk.auctionSeconds === 0n;
    const lapsesAt = isNoAuction ? deadline : Number(auctionStartAt(stored, clock) + risk.auctionSeconds);
    const isPast = this.#uptime >= deadline;
    const isLapsed = isPast && this.#uptime >= lapsesAt;
    if (!isPast) this.#moments.set("call", slot, deadline);
    else if (!isLapsed) this.#moments.set("call", slot, lapsesAt);
    else this.#moments.clear("call", slot);
    return { level: isPast ? 1 : CLOSE_LEVEL, isPast, isLapsed };
  }

  get #presentMoment(): VaultMoment {
    if (this.#moment === undefined) throw new Error("nothing can be judged before there is a moment");
    return this.#moment;
  }

  /** Works out all measures of an account's collateral; returns how many collaterals there are. */
  #sumUp(slot: number, set: number): number {
    const { now } = this.scalars;
    const table = this.#table;
    const first = table.firstLegOf(slot);
    let [maintenance, liquidation, value, worth] = [0, 0, 0, 0];
    let leg = first;
    for (let rest = set; rest !== 0; rest &= rest - 1) {
      const number = lowestIn(rest);
      const amount = table.legs.approximate(leg++);
      maintenance += amount * (now[scalarAt(Measure.Maintenance, number)] ?? NaN);
      liquidation += amount * (now[scalarAt(Measure.Liquidation, number)] ?? NaN);
      value += amount * (now[scalarAt(Measure.Value, number)] ?? NaN);
      worth += amount * (now[scalarAt(Measure.Worth, number)] ?? NaN);
    }
    this.#sums[Measure.Maintenance] = maintenance;
    this.#sums[Measure.Liquidation] = liquidation;
    this.#sums[Measure.Value] = value;
    this.#sums[Measure.Worth] = worth;
    return leg - first;
  }

  #waitForFall(slot: number, set: number, measure: number, share: number): void {
    let leg = this.#table.firstLegOf(slot);
    for (let rest = set; rest !== 0; rest &= rest - 1) {
      this.triggers.waitForFall(leg++, lowestIn(rest), measure, share);
    }
  }

  #waitForRise(slot: number, set: number, measure: number, share: number): void {
    let leg = this.#table.firstLegOf(slot);
    for (let rest = set; rest !== 0; rest &= rest - 1) {
      this.triggers.waitForRise(leg++, lowestIn(rest), measure, share);
    }
  }

  #expectNoFall(slot: number, set: number): void {
    let leg = this.#table.firstLegOf(slot);
    for (let rest = set; rest !== 0; rest &= rest - 1) this.triggers.stopWaitingForFall(leg++);
  }

  #expectNoRise(slot: number, set: number): void {
    let leg = this.#table.firstLegOf(slot);
    for (let rest = set; rest !== 0; rest &= rest - 1) this.triggers.stopWaitingForRise(leg++);
  }
}

/** A call without debt is the sale of what a default left, and ends by being sold. */
function hasOpenCall({ deadline, debtShares }: AccountState): boolean {
  return deadline !== 0n && debtShares !== 0n;
}

/** The lowest bit that is set. */
function lowestIn(set: number): number {
  return 31 - Math.clz32(set & -set);
}
