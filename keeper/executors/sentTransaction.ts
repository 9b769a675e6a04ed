import { Transaction } from "ethers";
import type { AccountId } from "../../sdk/accountId.ts";
import type { Action, Duty } from "../policy/action.ts";
import { accountsOf } from "../policy/action.ts";
import { decode, encode } from "../store/codec.ts";
import type { JournalEntry } from "../store/store.ts";
import type { Fees } from "./fees.ts";
import type { SignedTransaction } from "./signer.ts";

/** What a transaction is for, as the journal keeps it. */
export interface Purpose {
  readonly duty: Duty;
  readonly accounts: readonly AccountId[];
}

/** One signature for a nonce; a nonce has several when it was replaced. */
export interface Attempt extends SignedTransaction {
  readonly signedAtBlock: number;
}

/** What became of a nonce. */
export type Outcome =
  | { readonly kind: "mined"; readonly hash: string; readonly block: number; readonly gasUsed: bigint }
  | { readonly kind: "reverted"; readonly hash: string; readonly block: number; readonly gasUsed: bigint };

/** A nonce in use: everything signed for it, and what came of it. */
export interface Slot {
  readonly nonce: number;
  readonly purpose: Purpose;
  readonly attempts: readonly Attempt[];
  readonly outcome: Outcome | undefined;
  /** Blocks for which the nonce has been used up without a receipt of ours. */
  readonly missingSince: number | undefined;
}

export function purposeOf(action: Action): Purpose {
  return { duty: action.duty, accounts: accountsOf(action) };
}

export function journalEntryOf(attempt: Attempt, purpose: Purpose, sender: string): JournalEntry {
  const { hash, nonce, raw, signedAtBlock } = attempt;
  return { hash, sender, nonce, raw, action: encode(purpose), signedAtBlock };
}

/** The nonces that a journal says are on their way. */
export function slotsFrom(entries: readonly JournalEntry[]): Slot[] {
  return [...Map.groupBy(entries, ({ nonce }) => nonce)].map(([nonce, siblings]) => ({
    nonce,
    purpose: decode(siblings[0]?.action ?? "") as Purpose,
    attempts: siblings.map(({ hash, raw, signedAtBlock }) => ({ nonce, hash, raw, signedAtBlock })),
    outcome: undefined,
    missingSince: undefined,
  }));
}

/** The last signature for a nonce, the one with the highest fees. */
export function lastAttempt(slot: Slot): Attempt {
  const attempt = slot.attempts.at(-1);
  if (attempt === undefined) throw new Error(`nonce ${slot.nonce} has no signature`);
  return attempt;
}

/** What a signed transaction calls and offers; read from its bytes, which are the one record of it. */
export function contentOf({ raw }: SignedTransaction): {
  to: string;
  data: string;
  gasLimit: bigint;
  fees: Fees;
} {
  const { to, data, gasLimit, maxFeePerGas, maxPriorityFeePerGas } = Transaction.from(raw);
  if (to === null || maxFeePerGas === null || maxPriorityFeePerGas === null) {
    throw new Error("a signed transaction is not of the kind the keeper signs");
  }
  return { to, data, gasLimit, fees: { maxFeePerGas, maxPriorityFeePerGas } };
}
