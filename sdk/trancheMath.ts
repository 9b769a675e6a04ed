import { BPS, mulDivDown, mulDivUp, PRICE_SCALE, WAD } from "./fixedPoint.ts";
import { cureBySaleUp, isAboveFloor, shortfallUp, valueUp, type Valuation } from "./healthMath.ts";

/** The collateral offered and at what terms. */
export interface Lot {
  readonly amount: bigint;
  readonly price36: bigint;
  readonly maintenanceBps: bigint;
  readonly liquidationBps: bigint;
  readonly discountWad: bigint;
}

/** Of the debt, above the floor. */
export const MAX_TRANCHE_BPS = 2_000n;
/** Of the discount's worth, to the insurance. */
export const INSURANCE_SHARE_BPS = 2_000n;

/**
 * The debt that may be repaid out of `lot` at once, were there enough of it, quote base units, rounded up:
 * `S / (K - m_j / (1 - d))`, above the floor at most 20 % of the debt and at least the minimum debt.
 */
export function trancheUp(v: Valuation, lot: Lot, minimumDebt: bigint): bigint {
  let tranche = cureBySaleUp(shortfallUp(v), lot.maintenanceBps, lot.discountWad);
  if (isAboveFloor(v)) {
    const most = mulDivUp(v.debt, MAX_TRANCHE_BPS, BPS);
    if (tranche > most) tranche = most;
    if (tranche < minimumDebt) tranche = minimumDebt;
  } else if (!raisesFloor(v, lot)) {
    return v.debt;
  }
  return tranche >= v.debt || v.debt - tranche < minimumDebt ? v.debt : tranche;
}

/** Whether selling a part of `lot` raises the floor health: `l_j / (1 - d) < A_l / D`. */
export function raisesFloor(v: Valuation, lot: Lot): boolean {
  const lostWad = mulDivUp(lot.liquidationBps * WAD, WAD, BPS * (WAD - lot.discountWad));
  return mulDivUp(v.debt, lostWad, WAD) < v.liquidationValue;
}

/** The debt repaid when all of `lot` is taken, quote base units, rounded up. */
export function reachUp(lot: Lot): bigint {
  return mulDivUp(valueUp(lot.amount, lot.price36), WAD - lot.discountWad, WAD);
}

/** The collateral that goes to a taker who repays `repaid`: worth `x / (1 - d)`, base units, rounded down. */
export function seizedDown(lot: Lot, repaid: bigint): bigint {
  const worth = mulDivDown(repaid, WAD, WAD - lot.discountWad);
  const amount = mulDivDown(worth, PRICE_SCALE, lot.price36);
  return amount < lot.amount ? amount : lot.amount;
}

/** The insurance share of the discount's worth, `20 % * x * d / (1 - d)`, quote base units, rounded up. */
export function insuranceUp(repaid: bigint, discountWad: bigint): bigint {
  return mulDivUp(repaid, INSURANCE_SHARE_BPS * discountWad, BPS * (WAD - discountWad));
}

/** The debt that can be repaid by a taker who pays at most `maxPay` with the insurance share, rounded down. */
export function affordableDown(maxPay: bigint, discountWad: bigint): bigint {
  const withoutShare = BPS * (WAD - discountWad);
  return mulDivDown(maxPay, withoutShare, withoutShare + INSURANCE_SHARE_BPS * discountWad);
}
