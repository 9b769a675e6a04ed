import { compoundedWad, MAX_RATE_PER_SECOND_WAD, toDebtDown } from "./debtMath.ts";
import { BPS, mulDivDown, WAD } from "./fixedPoint.ts";
import type { PoolState } from "./vaultTypes.ts";

const YEAR_SECONDS = 31_557_600n;
const MAX_INDEX = 2n ** 112n - 1n;
const MAX_UNBOOKED_FEE = 2n ** 88n - 1n;

/** `KinkedRateModel`'s constants, times 1e18: a utilisation, and yearly rates with nothing lent, at it, with all lent. */
export interface KinkedRates {
  readonly kinkWad: bigint;
  readonly baseRateWad: bigint;
  readonly kinkRateWad: bigint;
  readonly fullRateWad: bigint;
}

/** What the vault would book if it were touched now. */
export interface PendingInterest {
  /** The debt index with interest up to now, times 1e27. */
  readonly debtIndex: bigint;
  /** Quote base units by which all debt grows. */
  readonly interest: bigint;
  /** The part of it that is not the lenders'. */
  readonly fee: bigint;
}

/** The rate at which debt grows in one second, times 1e18, rounded down, with `cash` idle and `debt` lent. */
export function kinkedRatePerSecondWad(rates: KinkedRates, cash: bigint, debt: bigint): bigint {
  const { kinkWad, baseRateWad, kinkRateWad, fullRateWad } = rates;
  if (debt === 0n) return baseRateWad / YEAR_SECONDS;
  const utilisationWad = mulDivDown(debt, WAD, cash + debt);
  const rateWad =
    utilisationWad <= kinkWad
      ? baseRateWad + mulDivDown(kinkRateWad - baseRateWad, utilisationWad, kinkWad)
      : kinkRateWad + mulDivDown(fullRateWad - kinkRateWad, utilisationWad - kinkWad, WAD - kinkWad);
  return rateWad / YEAR_SECONDS;
}

/**
 * The vault's own calculation of interest from the stored `pool` up to the block time `timestamp`.
 * @param rateOf The vault's rate model; it is asked only when there is debt and time has passed.
 */
export function pendingInterest(
  pool: PoolState,
  timestamp: bigint,
  rateOf: (cash: bigint, debt: bigint) => bigint,
): PendingInterest {
  const elapsed = timestamp - pool.accruedAt;
  const shares = pool.totalDebtShares;
  if (elapsed === 0n || shares === 0n) return { debtIndex: pool.debtIndex, interest: 0n, fee: 0n };

  const debt = toDebtDown(shares, pool.debtIndex);
  const answer = rateOf(pool.cash, debt);
  const rateWad = answer < MAX_RATE_PER_SECOND_WAD ? answer : MAX_RATE_PER_SECOND_WAD;
  const grown = pool.debtIndex + mulDivDown(pool.debtIndex, compoundedWad(rateWad, elapsed), WAD);
  const debtIndex = grown < MAX_INDEX ? grown : MAX_INDEX;
  const interest = toDebtDown(shares, debtIndex) - debt;
  const due = mulDivDown(interest, pool.feeBps, BPS);
  const room = MAX_UNBOOKED_FEE - pool.unbookedFee;
  return { debtIndex, interest, fee: due < room ? due : room };
}

/** The debt index with interest up to the block time `timestamp`, under a kinked model. */
export function debtIndexAt(pool: PoolState, timestamp: bigint, rates: KinkedRates): bigint {
  return pendingInterest(pool, timestamp, (cash, debt) => kinkedRatePerSecondWad(rates, cash, debt))
    .debtIndex;
}
