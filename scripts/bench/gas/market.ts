/** One whole token of any kind: all have 18 decimals. */
export const UNIT = 10n ** 18n;
/** Quote tokens for a token of each collateral. */
export const PRICES = [2_000, 30_000, 15, 1, 150] as const;
export const FEED_DECIMALS = 8;

/** What the feed of collateral `number` answers when prices stand at `percent` per cent of `PRICES`. */
export function answerAt(number: number, percent: number): bigint {
  return BigInt(Math.round((PRICES[number] ?? 0) * percent * 10 ** (FEED_DECIMALS - 2)));
}

/** Which of the chain's accounts is who; the first one deploys. */
export const LENDER = 1;
export const TRADER = 2;
export const KEEPER = 3;

/** A usual account: collateral worth this much, whole quote tokens, and a debt, base units. */
export const WORTH = 2_000n;
export const DEBT = 1_500n * UNIT;
