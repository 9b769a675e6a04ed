/** Everything the report shows of one run: plain data, filled while the replay runs. */
export interface Recording {
  /** The page's title, for example "The flash crash of 17 August 2023". */
  readonly title: string;
  /** Name of the price series. */
  readonly series: string;
  readonly seed: number;
  readonly keeper: "on" | "slow" | "off";
  /** Wall-clock milliseconds between two blocks. */
  readonly beatMs: number;
  /** Wall-clock unix seconds of the run. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly accounts: number;
  readonly quote: RecordedToken;
  readonly collaterals: readonly RecordedCollateral[];
  /** The auction's length and the time its discount takes to reach the deepest. */
  readonly auctionSeconds: number;
  readonly rampSeconds: number;
  readonly blocks: readonly RecordedBlock[];
  /** Of every account that was ever called or liquidated. */
  readonly traces: readonly HealthTrace[];
  readonly calls: readonly RecordedCall[];
  readonly takes: readonly RecordedTake[];
  /** Blocks from the first in which an account was callable to the one in which its call opened; one number a call. */
  readonly latencyBlocks: readonly number[];
  /** A feed and the sequencer failed; undefined when neither did. */
  readonly outage?: RecordedOutage | undefined;
  /** The first collateral's feed answered too low for a while; undefined when it never did. */
  readonly accident?: RecordedAccident | undefined;
  /** The closing table, ready for the eye. */
  readonly summary: readonly SummaryRow[];
  readonly verdict: Verdict;
}

export interface RecordedToken {
  readonly symbol: string;
  readonly decimals: number;
}

export interface RecordedCollateral extends RecordedToken {
  readonly initialBps: number;
  readonly maintenanceBps: number;
  readonly liquidationBps: number;
  readonly maxDiscountBps: number;
}

/** How many accounts with debt stand where, by the names of `Status`; a status without accounts may be left out. */
export type StatusCounts = Readonly<
  Partial<
    Record<
      | "Healthy"
      | "Warned"
      | "Callable"
      | "Called"
      | "Recovering"
      | "Expired"
      | "Lapsed"
      | "Critical"
      | "Insolvent",
      number
    >
  >
>;

export interface RecordedBlock {
  readonly number: number;
  /** The chain's time, unix seconds. */
  readonly at: number;
  /** By the collateral's number: quote base units per base unit, times 1e36. */
  readonly price36: readonly bigint[];
  readonly baseFeeWei: bigint;
  readonly counts: StatusCounts;
  /** Health factors, times 1e18, at 5, 25, 50, 75 and 95 % of the accounts with debt; undefined when none has any. */
  readonly healthWad: HealthQuantiles | undefined;
}

export type HealthQuantiles = readonly [bigint, bigint, bigint, bigint, bigint];

export interface HealthTrace {
  readonly account: string;
  /** In time order; a point wherever the health changed is enough, each holds until the next. */
  readonly points: readonly { readonly at: number; readonly healthWad: bigint }[];
  /** When the account last had debt; without it the line ends at its last point. */
  readonly until?: number | undefined;
}

/**
 * `repaid`, `deposited`: cured by the trader. `recovered`: by prices. `liquidated`: by takes. `lapsed`: the auction
 * ended first (the call was opened again as another one, or not). `writtenOff`: booked as a loss. `open`: still
 * running when the replay ended.
 */
export type CallOutcome =
  "repaid" | "deposited" | "recovered" | "liquidated" | "lapsed" | "writtenOff" | "open";

export interface RecordedCall {
  readonly account: string;
  readonly nonce: number;
  /** Number of the collateral worth most in the account at the opening. */
  readonly mainCollateral: number;
  readonly openedBlock: number;
  /** Unix seconds of the chain. */
  readonly openedAt: number;
  readonly deadline: number;
  /** Undefined while open. */
  readonly closedAt: number | undefined;
  readonly outcome: CallOutcome;
}

export interface RecordedTake {
  readonly account: string;
  readonly at: number;
  /** Number of the collateral taken. */
  readonly collateral: number;
  /** Quote base units that went to the debt, and to the insurance beside it. */
  readonly repaid: bigint;
  readonly insured: bigint;
  /** Base units of the collateral. */
  readonly seized: bigint;
  readonly discountWad: bigint;
  /** Below the floor. */
  readonly critical: boolean;
  /** Seconds since the auction's start; undefined when none ran. */
  readonly sinceAuctionStart: number | undefined;
}

/** Unix seconds of the chain. */
export interface RecordedOutage {
  /** The first collateral's feed gave no answer. */
  readonly feedFrom: number;
  readonly feedUntil: number;
  /** There was no block. */
  readonly sequencerFrom: number;
  readonly sequencerUntil: number;
}

/** Unix seconds of the chain. */
export interface RecordedAccident {
  readonly from: number;
  readonly until: number;
  readonly lowBps: number;
}

export interface SummaryRow {
  readonly label: string;
  readonly value: string;
}

export interface Verdict {
  readonly missed: number;
  /** What came in less what went out less what is there, base units, by symbol; zero is exact. */
  readonly conservation: Readonly<Record<string, bigint>>;
  /** One sentence each. */
  readonly problems: readonly string[];
}
