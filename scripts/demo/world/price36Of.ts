import { FEED_DECIMALS, QUOTE } from "./terms.ts";

/** Quote base units per base unit, times 1e36, while the quote asset stands at a dollar. */
export function price36Of(answer: bigint, decimals: number): bigint {
  return answer * 10n ** BigInt(36 + QUOTE.decimals - FEED_DECIMALS - decimals);
}
