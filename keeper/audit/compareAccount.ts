import { marginOf } from "../../sdk/margin.ts";
import type { AccountState, VaultMoment } from "../../sdk/vaultTypes.ts";
import type { AccountSeen } from "../sources/sight.ts";
import { firstDifference, type Verdict } from "./verdict.ts";

/**
 * Holds an account of the book against the contract at the same block: what is stored, and what follows from it at
 * `moment`, the block's own.
 */
export function compareAccount(mirror: AccountState, seen: AccountSeen, moment: VaultMoment): Verdict {
  const stored = firstDifference(fieldsOf(mirror), fieldsOf(seen.state));
  if (stored.kind === "different") return stored;
  const margin = marginOf(mirror, moment);
  if (margin === undefined || seen.margin === undefined) {
    return firstDifference({ valued: margin !== undefined }, { valued: seen.margin !== undefined });
  }
  return firstDifference({ ...margin }, { ...seen.margin });
}

function fieldsOf({ collateral, ...state }: AccountState): Record<string, unknown> {
  return {
    ...state,
    ...Object.fromEntries(collateral.map((amount, number) => [`collateral ${number}`, amount])),
  };
}
