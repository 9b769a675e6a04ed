import type { RiskTerms } from "../../../sdk/vaultTypes.ts";

/** A token of the demo and what its vault asks of it. */
export interface TokenTerms {
  readonly name: string;
  readonly symbol: string;
  readonly decimals: number;
}

export interface CollateralPlan extends TokenTerms {
  readonly initialBps: number;
  readonly maintenanceBps: number;
  readonly liquidationBps: number;
  readonly maxDiscountBps: number;
  /** Whether the weights follow the volatility of its price. */
  readonly isVolatile: boolean;
}

export const QUOTE: TokenTerms = { name: "USD Coin", symbol: "USDC", decimals: 6 };

/**
 * The second one is the calmer of the volatile two: a narrower call band by the design's formula for a yearly volatility
 * of 60 %, and so a higher maintenance weight. Unequal weights also make an auction's first half ask for the first
 * collateral first. The third moves with the quote asset: its weights are as high as they may be, and follow nothing.
 */
export const COLLATERALS: readonly [CollateralPlan, CollateralPlan, CollateralPlan] = [
  {
    name: "Wrapped Ether",
    symbol: "WETH",
    decimals: 18,
    initialBps: 7600,
    maintenanceBps: 8020,
    liquidationBps: 8740,
    maxDiscountBps: 800,
    isVolatile: true,
  },
  {
    name: "Wrapped Bitcoin",
    symbol: "WBTC",
    decimals: 8,
    initialBps: 7800,
    maintenanceBps: 8150,
    liquidationBps: 8740,
    maxDiscountBps: 800,
    isVolatile: true,
  },
  {
    name: "Dai Stablecoin",
    symbol: "DAI",
    decimals: 18,
    initialBps: 8700,
    maintenanceBps: 8950,
    liquidationBps: 9310,
    maxDiscountBps: 200,
    isVolatile: false,
  },
];

export const RISK_TERMS: RiskTerms = {
  minimumDebt: 100_000_000n,
  dustValue: 10_000_000n,
  maxBounty: 5_000_000n,
  minGraceSeconds: 900n,
  maxGraceSeconds: 14_400n,
  auctionSeconds: 3_600n,
  rampSeconds: 1_800n,
};

/** Per year, times 1e18. */
export const RATES = {
  kinkWad: 900_000_000_000_000_000n,
  baseRateWad: 0n,
  kinkRateWad: 60_000_000_000_000_000n,
  fullRateWad: 600_000_000_000_000_000n,
};

export const FEE_BPS = 1_000;

/** Feeds answer in dollars with eight decimals. */
export const FEED_DECIMALS = 8;
export const QUOTE_ANSWER = 10n ** BigInt(FEED_DECIMALS);
/** Of the calm collateral, all the time. */
export const CALM_ANSWER = QUOTE_ANSWER;

/** What an uptime feed answers. */
export const SEQUENCER_UP = 0n;
export const SEQUENCER_DOWN = 1n;

/** Loans are opened while prices stand this much above the first round, in bps. */
export const OPENING_PREMIUM_BPS = 1_000n;

/** What a busy day on Ethereum costs; the demo holds it still, so that runs can be compared. */
export const BASE_FEE_WEI = 8_000_000_000n;
