/*
 * The design page's formulas, written naively with exact fractions and rounded once at the end: what the vault computes
 * step by step in fixed point must agree with them within the rounding stated at each use.
 */
import { BPS, WAD } from "./world.ts";

export interface Worth {
  value: bigint;
  maintenanceValue: bigint;
  liquidationValue: bigint;
  debt: bigint;
}

const START_DISCOUNT_WAD = (WAD * 25n) / 10_000n;

/** `max(minGrace, maxGrace * b^2)` with `b = (A_l - D) * A_m / (D * (A_l - A_m))`. */
export function graceSeconds(w: Worth, minGrace: bigint, maxGrace: bigint): bigint {
  const numerator = (w.liquidationValue - w.debt) * w.maintenanceValue;
  const denominator = w.debt * (w.liquidationValue - w.maintenanceValue);
  const grace = (maxGrace * numerator * numerator) / (denominator * denominator);
  return grace > minGrace ? grace : minGrace;
}

/** `d0 + (d1 - d0) * min(1, t / T)`, times 1e18. */
export function auctionDiscountWad(elapsed: bigint, maxDiscountBps: bigint, rampSeconds: bigint): bigint {
  const end = (maxDiscountBps * WAD) / BPS;
  return elapsed >= rampSeconds
    ? end
    : START_DISCOUNT_WAD + ((end - START_DISCOUNT_WAD) * elapsed) / rampSeconds;
}

/** `min(d1, max(2 % + 2 * (1 - F), running), max(2 %, 1 - D / V))`, times 1e18. */
export function criticalDiscountWad(w: Worth, maxDiscountBps: bigint, runningWad: bigint): bigint {
  const least = (WAD * 2n) / 100n;
  const depth = max(least + 2n * (WAD - (w.liquidationValue * WAD) / w.debt), runningWad);
  const equity = w.value > w.debt ? max(least, ((w.value - w.debt) * WAD) / w.value) : least;
  return min((maxDiscountBps * WAD) / BPS, min(depth, equity));
}

/** `S / (K - m / (1 - d))`, quote base units. */
export function cureBySale(w: Worth, maintenanceBps: bigint, discountWad: bigint): bigint {
  const shortfallTimes100 = 102n * w.debt - 100n * w.maintenanceValue;
  // S / (K - m / (1 - d)) = S * (1 - d) / (K * (1 - d) - m), all times 1e18 * 100.
  const left = WAD - discountWad;
  const denominator = 102n * left - (100n * maintenanceBps * WAD) / BPS;
  return (shortfallTimes100 * left) / denominator;
}

/** `20 % * x * d / (1 - d)`, quote base units. */
export function insuranceShare(repaid: bigint, discountWad: bigint): bigint {
  return (repaid * discountWad) / (5n * (WAD - discountWad));
}

/** Collateral worth `x / (1 - d)`, base units. */
export function seizedFor(repaid: bigint, discountWad: bigint, price36: bigint): bigint {
  return (repaid * WAD * 10n ** 36n) / ((WAD - discountWad) * price36);
}

export function max(x: bigint, y: bigint): bigint {
  return x > y ? x : y;
}

export function min(x: bigint, y: bigint): bigint {
  return x < y ? x : y;
}
