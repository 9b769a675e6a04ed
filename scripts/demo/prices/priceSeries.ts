/** One answer of a feed. */
export interface Round {
  /** Unix seconds. */
  readonly at: number;
  /** Dollars for one whole token, times 1e8, as a Chainlink USD feed answers. */
  readonly answer: bigint;
}

/** Prices of both collaterals, ready to be pushed into feeds. */
export interface PriceSeries {
  readonly name: string;
  /** Rows read for the first collateral. */
  readonly points: number;
  /**
   * The first and the second collateral's rounds, times strictly ascending, at least two each. Each collateral has a
   * round at or before the other's second one, so both feeds can be set before the replay begins.
   */
  readonly rounds: readonly [readonly Round[], readonly Round[]];
  /** The longest time that either feed stays without a round within the replay; its maximum age must exceed it. */
  readonly maxGapSeconds: number;
  /** Of the first collateral's rounds, times 1e8. */
  readonly first: bigint;
  readonly low: bigint;
  readonly last: bigint;
}

export type CrashName = "flash" | "black-thursday";

/** Where prices come from: a crash by name (the flash crash when nothing is said) or files. */
export interface PriceOptions {
  readonly crash?: CrashName | undefined;
  /** CSV of the first collateral; takes the place of the crash. */
  readonly pricesFile?: string | undefined;
  /** CSV of the second collateral; without it the second follows the first. */
  readonly prices2File?: string | undefined;
  /** How many times the first collateral's return the second one makes, a decimal; 0.8 when nothing is said. */
  readonly beta?: string | number | undefined;
}
