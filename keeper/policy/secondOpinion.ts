import { BPS } from "../../sdk/fixedPoint.ts";

/** What a second source says of a price. `silent`: it has no answer, or an old one; `none`: there is no such source. */
export type PriceOpinion = "agrees" | "contradicts" | "silent" | "none";

/**
 * Compares the vault's price with another's, in the same unit.
 * @param second Undefined when the source is silent.
 * @param maxDeviationBps Of the vault's price, either way; exactly as much still agrees.
 */
export function secondOpinion(
  price36: bigint,
  second: bigint | undefined,
  maxDeviationBps: number,
): PriceOpinion {
  if (second === undefined) return "silent";
  const difference = price36 > second ? price36 - second : second - price36;
  return difference * BPS <= price36 * BigInt(maxDeviationBps) ? "agrees" : "contradicts";
}
