import type { AccountId } from "../../../sdk/accountId.ts";
import type { World } from "./world.ts";

export interface StoredState {
  collateralSet: bigint;
  callNonce: bigint;
  calledAt: bigint;
  deadline: bigint;
  auctionStart: bigint;
  closedLateAt: bigint;
  debtShares: bigint;
}

export interface StoredPool {
  cash: bigint;
  debtIndex: bigint;
  totalDebtShares: bigint;
  unbookedFee: bigint;
  accruedAt: bigint;
}

/** The stored state of an account, by name. */
export async function stateOf(w: World, id: AccountId): Promise<StoredState> {
  const [collateralSet, callNonce, calledAt, deadline, auctionStart, closedLateAt, debtShares] =
    await w.vault.accountState(id);
  return { collateralSet, callNonce, calledAt, deadline, auctionStart, closedLateAt, debtShares };
}

/** The stored books of the vault, by name. */
export async function poolOf(w: World): Promise<StoredPool> {
  const [cash, debtIndex, totalDebtShares, unbookedFee, accruedAt] = await w.vault.pool();
  return { cash, debtIndex, totalDebtShares, unbookedFee, accruedAt };
}
