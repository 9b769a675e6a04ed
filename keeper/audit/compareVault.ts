import type { AccountId } from "../../sdk/accountId.ts";
import type { AccountState, PoolState } from "../../sdk/vaultTypes.ts";
import type { VaultSeen } from "../sources/sight.ts";
import { firstDifference, type Verdict } from "./verdict.ts";

type StoredPool = Omit<PoolState, "feeBps">;

/** Holds the lenders' and the debt's books against the contract's at the same block. */
export function comparePool(mirror: PoolState, seen: VaultSeen): Verdict {
  return firstDifference(storedPoolOf(mirror), storedPoolOf(seen));
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
