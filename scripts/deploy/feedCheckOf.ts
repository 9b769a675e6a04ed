import type { CollateralPlan } from "./plan.ts";
import { price36In } from "./price36In.ts";

/** The configurator's `FeedCheck` of a collateral: its expected price per base unit, times 1e36. */
export function feedCheckOf(
  { feed, expected }: CollateralPlan,
  tokenDecimals: number,
  quoteDecimals: number,
) {
  const { feedDecimals, description, toleranceBps } = expected;
  const price36 = price36In(expected.price, tokenDecimals, quoteDecimals);
  return { feed, feedDecimals, description, price36, toleranceBps };
}
