import { auctionDiscountWad, START_DISCOUNT_WAD } from "./auctionMath.ts";
import { BPS, MAX_UINT256, mulDivUp, PRICE_SCALE } from "./fixedPoint.ts";
import { PRICE_LIMIT36, valueDown } from "./healthMath.ts";

/*
 * The formulas of health and auction solved for what changes. Exact: one unit further, the vault's own answer is
 * another.
 */

/**
 * The highest price at which `amount` and all else, weighted, are worth less than `required`; zero when they are worth
 * as much at every price above zero, the largest uint256 when they are not at any price.
 * @param amount Base units of the collateral whose price moves; not zero.
 * @param weightBps Its weight.
 * @param othersBps The values of all else times their weights, quote base units times 1e4.
 * @param required Quote base units.
 */
export function highestPriceBelow(
  amount: bigint,
  weightBps: bigint,
  othersBps: bigint,
  required: bigint,
): bigint {
  if (othersBps >= required * BPS) return 0n;
  if (weightBps === 0n) return MAX_UINT256;
  const mostValue = (required * BPS - othersBps - 1n) / weightBps;
  if (valueDown(amount, PRICE_LIMIT36 - 1n) <= mostValue) return MAX_UINT256;
  return mulDivUp(mostValue + 1n, PRICE_SCALE, amount) - 1n;
}

/**
 * The seconds after which an auction's discount is `discountWad` or more; the largest uint256 when it never is.
 * @param maxDiscountBps Where the discount ends, that of the collateral.
 * @param rampSeconds After how long.
 */
export function secondsToDiscount(discountWad: bigint, maxDiscountBps: bigint, rampSeconds: bigint): bigint {
  if (auctionDiscountWad(0n, maxDiscountBps, rampSeconds) >= discountWad) return 0n;
  const maxDiscountWad = auctionDiscountWad(rampSeconds, maxDiscountBps, rampSeconds);
  if (discountWad > maxDiscountWad) return MAX_UINT256;
  return mulDivUp(discountWad - START_DISCOUNT_WAD, rampSeconds, maxDiscountWad - START_DISCOUNT_WAD);
}
