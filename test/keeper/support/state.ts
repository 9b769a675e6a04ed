import { accountIdOf, type AccountId } from "../../../sdk/accountId.ts";
import type { AccountState } from "../../../sdk/vaultTypes.ts";
import { NEW_ACCOUNT } from "../../../keeper/book/vaultRecord.ts";

/** The nth account of the tests. */
export function accountOf(number: number): AccountId {
  return accountIdOf("0x00000000000000000000000000000000000000dd", BigInt(number));
}

/** An account that holds `amount` of collateral 0 and owes `debtShares`. */
export function stateOf(
  amount: bigint,
  debtShares: bigint,
  changes: Partial<AccountState> = {},
): AccountState {
  return {
    ...NEW_ACCOUNT,
    collateralSet: 1,
    collateral: NEW_ACCOUNT.collateral.with(0, amount),
    debtShares,
    ...changes,
  };
}
