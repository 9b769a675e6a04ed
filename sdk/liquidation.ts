import { auctionDiscountWad, criticalDiscountWad } from "./auctionMath.ts";
import { neededFor } from "./brake.ts";
import { auctionStartAt, elapsedSince, isPastDeadline, statusAt } from "./callClock.ts";
import { WAD } from "./fixedPoint.ts";
import { isAboveFloor, valueDown, type Valuation } from "./healthMath.ts";
import {
  affordableDown,
  insuranceUp,
  raisesFloor,
  reachUp,
  seizedDown,
  trancheUp,
  type Lot,
} from "./trancheMath.ts";
import { numbersIn, valuationOf } from "./valuation.ts";
import { Refusal, Status, type AccountState, type Prices, type VaultMoment } from "./vaultTypes.ts";

/** What a taker asks for. */
export interface TakeRequest {
  /** The number of the collateral to take; any other number for an asset that is not listed. */
  readonly number: number;
  /** The most the taker pays, insurance share included, quote base units. */
  readonly maxRepay: bigint;
  /** The least collateral the taker accepts, base units; none if left out. */
  readonly minSeized?: bigint;
}

/** A take, worked out but not carried out. Fields that were not reached before a refusal are zero, as on the chain. */
export interface Take {
  readonly refusal: Refusal;
  /** With `found`, what explains a refusal; the meaning goes with the refusal's error. */
  readonly wanted: bigint;
  readonly found: bigint;
  readonly status: Status;
  readonly number: number;
  readonly discountWad: bigint;
  readonly price36: bigint;
  /** The debt that may be repaid at once, were there enough of the collateral, rounded up. */
  readonly tranche: bigint;
  /** Quote base units by which the debt falls. */
  readonly repaid: bigint;
  /** Quote base units paid to the insurance on top, rounded up. */
  readonly insured: bigint;
  /** Base units of the collateral that the taker receives, rounded down. */
  readonly seized: bigint;
  /** Whether nothing of the collateral stays. */
  readonly empties: boolean;
  readonly before: Valuation;
}

const NOTHING: Valuation = {
  value: 0n,
  initialValue: 0n,
  maintenanceValue: 0n,
  liquidationValue: 0n,
  debt: 0n,
};

/** A take of nothing, for whatever stands before the first number. */
export const NO_TAKE: Take = {
  refusal: Refusal.None,
  wanted: 0n,
  found: 0n,
  status: Status.Healthy,
  number: 0,
  discountWad: 0n,
  price36: 0n,
  tranche: 0n,
  repaid: 0n,
  insured: 0n,
  seized: 0n,
  empties: false,
  before: NOTHING,
};

/** Where in a `freshSet` the set of prices in dispute begins. */
const DISPUTED_SHIFT = 16;

/** The gate and the calculation of a liquidation, `LiquidationLogic._work`: what `liquidate` does at this moment. */
export function workTake(account: AccountState, moment: VaultMoment, request: TakeRequest): Take {
  const { collaterals, risk, prices, clock } = moment;
  if (!prices.available) return { ...NO_TAKE, refusal: Refusal.OracleUnavailable };
  const v = valuationOf(account, collaterals, prices, moment.debtIndex);
  const status = statusAt(v, account, risk.auctionSeconds, clock);
  const opened: Take = { ...NO_TAKE, before: v, status };
  if (!isBelowFloor(status) && status !== Status.Expired) {
    return { ...opened, refusal: Refusal.NotLiquidatable };
  }
  if (!isBelowFloor(status) && clock.isLiquidationPaused) return { ...opened, refusal: Refusal.Paused };

  const chosen = chooseCollateral(account, prices, request.number, opened);
  if (chosen.refusal !== Refusal.None) return chosen;
  const { number, price36 } = chosen;

  const elapsed = elapsedSince(auctionStartAt(account, clock), clock.uptime);
  if (!isBelowFloor(status) && elapsed < risk.auctionSeconds / 2n) {
    const lowestBps = lowestWeightBps(account, moment);
    const weightBps = collaterals[number]?.maintenanceBps ?? 0n;
    const isDust = valueDown(account.collateral[number] ?? 0n, price36) <= risk.dustValue;
    if (lowestBps !== 0n && (weightBps > lowestBps || isDust)) {
      return { ...chosen, refusal: Refusal.WrongCollateral, wanted: lowestBps, found: weightBps };
    }
  }
  return size(account, moment, request, chosen);
}

/** `opened` with the collateral asked for and its price, or refused when it is not held or its price does not serve. */
export function chooseCollateral(account: AccountState, prices: Prices, number: number, opened: Take): Take {
  if (number < 0 || number > 15 || !has(account.collateralSet, number)) {
    return { ...opened, refusal: Refusal.CollateralNotHeld };
  }
  const price36 = prices.price36[number] ?? 0n;
  const chosen: Take = { ...opened, number, price36 };
  const isSaleable =
    has(prices.freshSet, number) ||
    (isBelowFloor(opened.status) && has(prices.freshSet, number + DISPUTED_SHIFT));
  return isSaleable && price36 !== 0n ? chosen : { ...chosen, refusal: Refusal.PriceNotFresh };
}

/**
 * The lowest maintenance weight among fresh collaterals worth more than dust: what may be taken in the first half of
 * an auction. Zero when there is none, and then anything fresh may be.
 */
export function lowestWeightBps(account: AccountState, moment: VaultMoment): bigint {
  const { collaterals, prices, risk } = moment;
  let lowestBps = 0n;
  for (const number of numbersIn(account.collateralSet & prices.freshSet)) {
    const value = valueDown(account.collateral[number] ?? 0n, prices.price36[number] ?? 0n);
    if (value <= risk.dustValue) continue;
    const weightBps = collaterals[number]?.maintenanceBps ?? 0n;
    if (lowestBps === 0n || weightBps < lowestBps) lowestBps = weightBps;
  }
  return lowestBps;
}

/** Discount, tranche and the split of one take. */
function size(account: AccountState, moment: VaultMoment, request: TakeRequest, chosen: Take): Take {
  const { before: v, number, price36 } = chosen;
  const terms = moment.collaterals[number];
  if (terms === undefined) throw new RangeError(`no terms of collateral ${number}`);
  const discountWad = discountOf(account, moment, chosen, terms.maxDiscountBps);
  const { maintenanceBps, liquidationBps } = terms;
  const amount = account.collateral[number] ?? 0n;
  const lot: Lot = { amount, price36, maintenanceBps, liquidationBps, discountWad };

  const tranche = trancheUp(v, lot, moment.risk.minimumDebt);
  // Where the discount reaches below the debt, its worth is the lenders' and not the insurance's to share.
  const isCovered = v.value * (WAD - discountWad) >= v.debt * WAD;
  const affordable = isCovered ? affordableDown(request.maxRepay, discountWad) : request.maxRepay;
  const bounded = affordable > tranche ? tranche : affordable;
  const reach = reachUp(lot);
  const takesAll = bounded >= reach;
  const repaid = takesAll ? reach : bounded;
  const seized = takesAll ? amount : seizedDown(lot, bounded);
  const insured = isCovered ? insuranceUp(repaid, discountWad) : 0n;
  const sized: Take = {
    ...chosen,
    discountWad,
    tranche,
    repaid,
    seized,
    empties: takesAll || seized === amount,
    insured,
  };
  const checked = checkSize(sized, lot, moment.risk.minimumDebt, request.minSeized ?? 0n);
  return checked.refusal === Refusal.None && checked.status === Status.Expired
    ? checkBrake(checked, moment)
    : checked;
}

/** What is above its floor waits until the bucket of its collateral holds the worth of the sale. */
export function checkBrake(t: Take, { brakes }: VaultMoment): Take {
  const brake = brakes?.[t.number];
  if (brake === undefined) return t;
  const needed = neededFor(brake, valueDown(t.seized, t.price36));
  if (brake.room >= needed) return t;
  return { ...t, refusal: Refusal.Braked, wanted: needed, found: brake.room };
}

function checkSize(t: Take, lot: Lot, minimumDebt: bigint, minSeized: bigint): Take {
  const v = t.before;
  const least = (t.tranche + 3n) / 4n;
  if (t.repaid === 0n || t.seized === 0n || (t.repaid < least && !t.empties)) {
    return { ...t, refusal: Refusal.TakeTooSmall, wanted: least, found: t.repaid };
  }
  const remaining = v.debt - t.repaid;
  if (remaining !== 0n && remaining < minimumDebt && !t.empties) {
    return { ...t, refusal: Refusal.RemainingDebtTooSmall, wanted: minimumDebt, found: remaining };
  }
  if (t.seized < minSeized) {
    return { ...t, refusal: Refusal.SeizedTooLittle, wanted: minSeized, found: t.seized };
  }
  if (remaining !== 0n && !t.empties && !isAboveFloor(v) && !raisesFloor(v, lot)) {
    return { ...t, refusal: Refusal.NoImprovement, found: lot.amount - t.seized };
  }
  return t;
}

function discountOf(account: AccountState, moment: VaultMoment, t: Take, maxDiscountBps: bigint): bigint {
  const { risk, clock } = moment;
  const elapsed = elapsedSince(auctionStartAt(account, clock), clock.uptime);
  const isRunning = isPastDeadline(account, clock) && elapsed < risk.auctionSeconds;
  const runningWad = isRunning ? auctionDiscountWad(elapsed, maxDiscountBps, risk.rampSeconds) : 0n;
  return t.status === Status.Expired ? runningWad : criticalDiscountWad(t.before, maxDiscountBps, runningWad);
}

function isBelowFloor(status: Status): boolean {
  return status === Status.Critical || status === Status.Insolvent;
}

function has(set: number, number: number): boolean {
  return ((set >> number) & 1) === 1;
}
