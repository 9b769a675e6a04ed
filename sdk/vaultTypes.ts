/** Where an account stands. The most severe status that holds is the status. */
export const Status = {
  Healthy: 0,
  Warned: 1,
  Callable: 2,
  Called: 3,
  Recovering: 4,
  Expired: 5,
  Lapsed: 6,
  Critical: 7,
  Insolvent: 8,
} as const;
export type Status = (typeof Status)[keyof typeof Status];

/** Why a margin call ended. */
export const CloseReason = {
  Deposited: 0,
  Repaid: 1,
  DebtFree: 2,
  Recovered: 3,
  Liquidated: 4,
  WrittenOff: 5,
} as const;
export type CloseReason = (typeof CloseReason)[keyof typeof CloseReason];

/** Why an entrance did nothing for an account. */
export const Refusal = {
  None: 0,
  NotCallable: 1,
  NotClosable: 2,
  NotLiquidatable: 3,
  OracleUnavailable: 4,
  CollateralNotHeld: 5,
  PriceNotFresh: 6,
  WrongCollateral: 7,
  TakeTooSmall: 8,
  RemainingDebtTooSmall: 9,
  SeizedTooLittle: 10,
  NoImprovement: 11,
  NoLossToBook: 12,
  CheckPending: 13,
  Paused: 14,
  Braked: 15,
} as const;
export type Refusal = (typeof Refusal)[keyof typeof Refusal];

function nameIn<Name extends string>(names: Readonly<Record<Name, number>>, value: bigint | number): Name {
  for (const name in names) if (names[name] === Number(value)) return name;
  throw new RangeError(`${value} is none of ${Object.keys(names).join(", ")}`);
}

/** The Solidity name of a status. Throws a RangeError for a number that is none. */
export function statusName(status: bigint | number): keyof typeof Status {
  return nameIn(Status, status);
}

/** The Solidity name of a reason. Throws a RangeError for a number that is none. */
export function closeReasonName(reason: bigint | number): keyof typeof CloseReason {
  return nameIn(CloseReason, reason);
}

/** The Solidity name of a refusal. Throws a RangeError for a number that is none. */
export function refusalName(refusal: bigint | number): keyof typeof Refusal {
  return nameIn(Refusal, refusal);
}

/** The stored state of an account. Times are uptime; `collateral` is base units by the collateral's number. */
export interface AccountState {
  readonly collateralSet: number;
  readonly callNonce: number;
  /** Zero if there never was a call. */
  readonly calledAt: bigint;
  /** Zero without an open call. */
  readonly deadline: bigint;
  readonly auctionStart: bigint;
  readonly closedLateAt: bigint;
  readonly debtShares: bigint;
  readonly collateral: readonly bigint[];
}

/** The lenders' and the debt's books as stored at the timestamp `accruedAt`; quote base units. */
export interface PoolState {
  readonly cash: bigint;
  /** Quote base units per debt share, times 1e27. */
  readonly debtIndex: bigint;
  readonly totalDebtShares: bigint;
  readonly unbookedFee: bigint;
  readonly accruedAt: bigint;
  readonly feeBps: bigint;
}

/** The amounts (quote base units) and times that go with a vault rather than with a collateral. */
export interface RiskTerms {
  readonly minimumDebt: bigint;
  readonly dustValue: bigint;
  readonly maxBounty: bigint;
  readonly minGraceSeconds: bigint;
  readonly maxGraceSeconds: bigint;
  readonly auctionSeconds: bigint;
  readonly rampSeconds: bigint;
}

/** A listed collateral: its token, weights, deepest discount, and cap in base units. */
export interface CollateralTerms {
  readonly asset: string;
  readonly initialBps: bigint;
  readonly maintenanceBps: bigint;
  readonly liquidationBps: bigint;
  readonly maxDiscountBps: bigint;
  readonly cap: bigint;
}

/** The prices of a vault's collaterals by number; what is not priced is zero. */
export interface Prices {
  /** False when the oracle gave no answer. */
  readonly available: boolean;
  /** A bit for each number whose price is fresh; 16 bits above it, one for each whose price is in dispute. */
  readonly freshSet: number;
  readonly price36: readonly bigint[];
}

/** The protocol's clock as one transaction reads it. Times in seconds of uptime. */
export interface Moment {
  readonly uptime: bigint;
  /** A deadline after `protectedFrom`, where the clock last stood still, passes no earlier than `protectedUntil`. */
  readonly protectedFrom: bigint;
  readonly protectedUntil: bigint;
  /** The stop before that, for deadlines that it put off. */
  readonly earlierFrom: bigint;
  readonly earlierUntil: bigint;
  readonly isCallingPaused: boolean;
  readonly isLiquidationPaused: boolean;
}

/** Everything but the account that decides about an account: a vault's terms, prices and debt index, and the clock. */
export interface VaultMoment {
  /** By number. */
  readonly collaterals: readonly CollateralTerms[];
  readonly risk: RiskTerms;
  readonly prices: Prices;
  /** With interest up to now; see `pendingInterest`. */
  readonly debtIndex: bigint;
  readonly clock: Moment;
  /** By number; none where it is left out. */
  readonly brakes?: readonly BrakeRoom[];
}

/** What may be sold of a collateral above the floor at a moment, quote base units; see `capacityDown`. */
export interface BrakeRoom {
  readonly room: bigint;
  /** The most that the bucket can hold: what a larger sale waits for. */
  readonly burst: bigint;
}
