import { parseDecimal } from "../demo/prices/decimal.ts";
import type { VaultPlan } from "./plan.ts";

const PRICE_DECIMALS = 36;

/** The configurator's `FeedCheck` of a collateral: its expected price per base unit, times 1e36. */
export function feedCheckOf(
  { feed, expected }: VaultPlan["collaterals"][number],
  tokenDecimals: number,
  quoteDecimals: number,
) {
  const { feedDecimals, description, toleranceBps } = expected;
  const price36 = parseDecimal(expected.price, PRICE_DECIMALS + quoteDecimals - tokenDecimals);
  if (price36 === undefined) throw new Error(`"${expected.price}" is not a price`);
  return { feed, feedDecimals, description, price36, toleranceBps };
}
