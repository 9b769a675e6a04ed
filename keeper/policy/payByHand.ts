import type { AccountId } from "../../sdk/accountId.ts";
import { accountsOf, isFlash, isTake, type Action } from "./action.ts";
import type { Snapshot } from "./snapshot.ts";

/**
 * The snapshot to decide upon again once the flash liquidator has refused some of what it was to take: with these accounts
 * alone, with what the others leave to pay with, and without quotes. Undefined when there is nothing to do again.
 * @param isRefused Whether an account's take was refused.
 * @param busyDuties What is on its way by now.
 */
export function payByHand(
  snapshot: Snapshot,
  actions: readonly Action[],
  isRefused: (account: AccountId) => boolean,
  busyDuties: Snapshot["busyDuties"],
): Snapshot | undefined {
  const refused = new Set(actions.filter(isFlash).flatMap(accountsOf).filter(isRefused));
  const byHand = actions.filter((action) => isTake(action) && !isFlash(action)).filter(isTake);
  const spent = byHand.flatMap(({ items }) => items).reduce((sum, { maxRepay }) => sum + maxRepay, 0n);
  const { wallet, accounts } = snapshot;
  const left = (amount: bigint) => (amount > spent ? amount - spent : 0n);
  if (refused.size === 0 || left(wallet.quote) === 0n) return undefined;
  return {
    ...snapshot,
    accounts: new Map([...accounts].filter(([account]) => refused.has(account))),
    wallet: { ...wallet, quote: left(wallet.quote), allowance: left(wallet.allowance) },
    flash: undefined,
    busyDuties,
  };
}
