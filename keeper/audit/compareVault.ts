import type { AccountId } from "../../sdk/accountId.ts";
import type { AccountState, PoolState } from "../../sdk/vaultTypes.ts";
import type { VaultSeen } from "../sources/sight.ts";
import { firstDifference, type Verdict } from "./verdict.ts";

/** What the contract shows of its pool. */
export type StoredPool = Omit<PoolState, "feeBps">;

/**
 * Holds the lenders' and the debt's books against the contract's at the same block. Since when interest runs matters
 * only while there is debt: without, the contract moves it on and says so in no log, and the next loan begins anew.
 */
export function comparePool(mirror: PoolState, seen: StoredPool): Verdict {
  const stored = storedPoolOf(seen);
  const own = storedPoolOf(mirror);
  const hasDebt = stored.totalDebtShares !== 0n;
  return firstDifference(hasDebt ? own : { ...own, accruedAt: stored.accruedAt }, stored);
}

/**
 * Whether all that the book lacks is an accrual of which no log tells: at a rate of zero, or with a model that reverts,
 * the contract moves the time on, for whoever calls `accrue`, and nothing grows. Had anything grown in between, its index
 * would be another.
 */
export function hasAccruedUnlogged(mirror: PoolState, seen: StoredPool): boolean {
  const movedOn = { ...mirror, accruedAt: seen.accruedAt };
  return seen.accruedAt > mirror.accruedAt && comparePool(movedOn, seen).kind === "equal";
}

/** What the contract shows of the pool; it tells the fee's terms elsewhere. */
export function storedPoolOf({
  cash,
  debtIndex,
  totalDebtShares,
  unbookedFee,
  accruedAt,
}: StoredPool): StoredPool {
  return { cash, debtIndex, totalDebtShares, unbookedFee, accruedAt };
}

/**
 * Whether all accounts together are what the contract says they are: a log that was left out shows in a sum, whoever's
 * it was. Reads every account; for the time after a rebuild.
 */
export function proveBook(accounts: Iterable<readonly [AccountId, AccountState]>, seen: VaultSeen): Verdict {
  const totals = new Array<bigint>(seen.collateralTotals.length).fill(0n);
  let totalDebtShares = 0n;
  for (const [, { debtShares, collateral }] of accounts) {
    totalDebtShares += debtShares;
    for (const number of totals.keys()) totals[number] = (totals[number] ?? 0n) + (collateral[number] ?? 0n);
  }
  const named = (sums: readonly bigint[]) =>
    Object.fromEntries(sums.map((sum, number) => [`all of collateral ${number}`, sum]));
  return firstDifference(
    { totalDebtShares, ...named(totals) },
    { totalDebtShares: seen.totalDebtShares, ...named(seen.collateralTotals) },
  );
}
