import { BPS, mulDivDown, mulDivUp, WAD } from "./fixedPoint.ts";
import type { Valuation } from "./healthMath.ts";

/** Where every auction starts, `d0` = 0.25 %. */
export const START_DISCOUNT_WAD = 2_500_000_000_000_000n;
/** The least discount below the floor, 2 %. */
export const CRITICAL_DISCOUNT_WAD = 20_000_000_000_000_000n;

/**
 * The discount of an auction that has run for `elapsed` seconds of uptime, times 1e18:
 * `d0 + (d1 - d0) * min(1, t / T)`, rounded down.
 * @param maxDiscountBps `d1`, that of the collateral.
 * @param rampSeconds `T`.
 */
export function auctionDiscountWad(elapsed: bigint, maxDiscountBps: bigint, rampSeconds: bigint): bigint {
  const maxDiscountWad = (maxDiscountBps * WAD) / BPS;
  if (maxDiscountWad <= START_DISCOUNT_WAD || elapsed >= rampSeconds) return maxDiscountWad;
  return START_DISCOUNT_WAD + mulDivDown(maxDiscountWad - START_DISCOUNT_WAD, elapsed, rampSeconds);
}

/**
 * The discount below the floor, times 1e18, rounded down:
 * `min(d1, max(2 % + 2 * (1 - F), running), max(2 %, 1 - D / V))`.
 * @param runningDiscountWad That of the account's running auction; zero when none runs.
 */
export function criticalDiscountWad(
  v: Valuation,
  maxDiscountBps: bigint,
  runningDiscountWad: bigint,
): bigint {
  const maxDiscountWad = (maxDiscountBps * WAD) / BPS;
  const floorHealthWad = mulDivUp(v.liquidationValue, WAD, v.debt);
  let depthWad = CRITICAL_DISCOUNT_WAD;
  if (floorHealthWad < WAD) depthWad += 2n * (WAD - floorHealthWad);
  if (runningDiscountWad > depthWad) depthWad = runningDiscountWad;

  let equityWad = CRITICAL_DISCOUNT_WAD;
  if (v.value > v.debt) {
    const shareWad = mulDivDown(v.value - v.debt, WAD, v.value);
    if (shareWad > equityWad) equityWad = shareWad;
  }

  const discountWad = depthWad < equityWad ? depthWad : equityWad;
  return discountWad < maxDiscountWad ? discountWad : maxDiscountWad;
}
