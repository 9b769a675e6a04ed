import type { FlashQuote, FlashSettings, FlashView } from "../../../keeper/policy/flash.ts";
import { flashQuestions, type FlashQuestion } from "../../../keeper/policy/flashQuestions.ts";
import type { PolicySettings, Snapshot } from "../../../keeper/policy/snapshot.ts";
import { encodeSwapPath } from "../../../sdk/flashLiquidator.ts";
import { valueDown } from "../../../sdk/healthMath.ts";
import { SETTINGS, WETH } from "./snapshot.ts";

export const QUOTE = "0x00000000000000000000000000000000000000cc";
export const LIQUIDATOR = "0x00000000000000000000000000000000000000F1";
const ROUTE = { from: WETH.asset, hops: [{ fee: 3_000, to: QUOTE }] };
export const PATH = encodeSwapPath(ROUTE);

export const FLASH: FlashSettings = {
  routes: [{ ...ROUTE, path: PATH }],
  keepsCollateral: false,
  assumedSaleCostBps: 100n,
  toleranceBps: 30n,
};
export const FLASH_SETTINGS: PolicySettings = { ...SETTINGS, flashLiquidator: FLASH };

/** All that would be asked about at a snapshot. */
export function asked(
  snapshot: Snapshot,
  settings: PolicySettings = FLASH_SETTINGS,
): readonly FlashQuestion[] {
  return flashQuestions(snapshot, settings, new Set());
}

/** What a question's collateral is worth at the oracle's price. */
export function worthOf({ seized }: FlashQuestion, { prices }: Snapshot): bigint {
  return valueDown(seized, prices.price36[0] ?? 0n);
}

/** With quotes for all that would be asked about, made by `quoteOf`. */
export function quoted(
  snapshot: Snapshot,
  quoteOf: (question: FlashQuestion) => Partial<FlashQuote>,
  settings: PolicySettings = FLASH_SETTINGS,
  maxSlippageBps = 300n,
): Snapshot {
  const quotes = new Map(
    asked(snapshot, settings).map((question) => [
      question.account,
      { sale: undefined, purchase: undefined, ...quoteOf(question) },
    ]),
  );
  const flash: FlashView = { maxSlippageBps, quotes };
  return { ...snapshot, flash };
}

/** A sale for `bps` of the worth at the oracle's price. */
export function saleAt(snapshot: Snapshot, bps: bigint): (question: FlashQuestion) => Partial<FlashQuote> {
  return (question) => ({ sale: { amount: (worthOf(question, snapshot) * bps) / 10_000n, path: PATH } });
}
