import type { MarketTerms } from "./market.ts";

/**
 * A liquidator's market on a bad day: one pool that holds 40 million of the quote on its side, in which a sale of x
 * lowers the price by x / 20 million, and which arbitrage fills again by half within an hour.
 */
export const MARKET: MarketTerms = { depth: 20_000_000_000_000n, halfLifeSeconds: 3_600 };

/** What docs/decisions/0026-liquidation-brake.md recommends for the demo's accounts: 1.2 % of all debt. */
export const BRAKE = { burst: 250_000_000_000n, perHour: 250_000_000_000n };
