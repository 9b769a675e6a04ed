/** One in ratios, health factors, discounts and levels. */
export const WAD = 10n ** 18n;
/** One in weights and fees. */
export const BPS = 10_000n;
/** A price is quote base units per collateral base unit, times this. */
export const PRICE_SCALE = 10n ** 36n;
/** What the contracts answer where a ratio or an amount has no end. */
export const MAX_UINT256 = 2n ** 256n - 1n;

/** `x * y / denominator`, rounded down. Throws a RangeError for a denominator of zero. */
export function mulDivDown(x: bigint, y: bigint, denominator: bigint): bigint {
  return (x * y) / denominator;
}

/** `x * y / denominator`, rounded up. Throws a RangeError for a denominator of zero. */
export function mulDivUp(x: bigint, y: bigint, denominator: bigint): bigint {
  const product = x * y;
  const quotient = product / denominator;
  return quotient * denominator === product ? quotient : quotient + 1n;
}
