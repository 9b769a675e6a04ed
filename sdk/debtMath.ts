import { mulDivDown, mulDivUp, WAD } from "./fixedPoint.ts";

/** The debt index is quote base units per debt share, times this. */
export const INDEX_SCALE = 10n ** 27n;
export const INITIAL_INDEX = 10n ** 24n;
/** 1,000 % a year: the vault charges no more, whatever its model answers. */
export const MAX_RATE_PER_SECOND_WAD = (10n * WAD) / 31_557_600n;

/** Debt shares that `amount` of new debt costs, rounded up. */
export function toSharesUp(amount: bigint, index: bigint): bigint {
  return mulDivUp(amount, INDEX_SCALE, index);
}

/** Debt shares that a payment of `amount` removes, rounded down. */
export function toSharesDown(amount: bigint, index: bigint): bigint {
  return mulDivDown(amount, INDEX_SCALE, index);
}

/** What the holder of `shares` owes, quote base units, rounded up. */
export function toDebtUp(shares: bigint, index: bigint): bigint {
  return mulDivUp(shares, index, INDEX_SCALE);
}

/** What `shares` are worth to the lenders, quote base units, rounded down. */
export function toDebtDown(shares: bigint, index: bigint): bigint {
  return mulDivDown(shares, index, INDEX_SCALE);
}

/** The growth of debt over `elapsed` seconds at a constant rate, times 1e18: three terms of `exp(x) - 1`, rounded down. */
export function compoundedWad(ratePerSecondWad: bigint, elapsed: bigint): bigint {
  const x = ratePerSecondWad * elapsed;
  const second = mulDivDown(x, x, 2n * WAD);
  const third = mulDivDown(second, x, 3n * WAD);
  return x + second + third;
}
