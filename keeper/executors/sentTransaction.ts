import { Transaction } from "ethers";
import type { AccountId } from "../../sdk/accountId.ts";
import { UserError } from "../errors.ts";
import type { Action, Duty } from "../policy/action.ts";
import { accountsOf } from "../policy/action.ts";
import { gasKindOf, gasKindOfDuty, type FeeTerms } from "../policy/feeTerms.ts";
import type { GasKind } from "../policy/snapshot.ts";
import { decode, encode } from "../store/codec.ts";
import type { JournalEntry } from "../store/records.ts";
import type { Fees } from "./fees.ts";
import type { SignedTransaction } from "./signer.ts";

/** What a transaction is for, as the journal keeps it. */
export interface Purpose {
  readonly duty: Duty;
  readonly accounts: readonly AccountId[];
  readonly terms: FeeTerms;
  /** What its receipt teaches the price of. */
  readonly gasKind: GasKind;
}

/** One signature for a nonce; a nonce has several when it was replaced. */
export interface Attempt extends SignedTransaction {
  readonly signedAtBlock: number;
}

/** What became of a nonce. `feeWei` is what it cost, or the most it can have cost where an endpoint does not say. */
export interface Outcome {
  readonly kind: "mined" | "reverted";
  readonly hash: string;
  readonly block: number;
  readonly gasUsed: bigint;
  readonly feeWei: bigint;
  /** Accounts for which nothing was done, as far as the receipt says so. */
  readonly skipped: readonly AccountId[];
  /** The round up to which a gauge has read by it, as far as the receipt says so. */
  readonly measuredRoundId: bigint | undefined;
}

/** A nonce in use: everything signed for it, and what came of it. */
export interface Slot {
  readonly nonce: number;
  readonly purpose: Purpose;
  readonly attempts: readonly Attempt[];
  readonly outcome: Outcome | undefined;
  /** Block since which the nonce has been used up without a receipt of ours. */
  readonly missingSince: number | undefined;
  /** Block since which no pool has known the last attempt; undefined while it waits in one. */
  readonly droppedSince: number | undefined;
  /** Block at which its bytes were last sent again. */
  readonly resentAt: number | undefined;
  /** Whether everybody may see it: sent to the public pool, or always meant for it. */
  readonly isPublic: boolean;
  /** Whether its budget leaves no room for the offer that it needs. */
  readonly isOutOfBudget?: boolean;
}

/** Entries of a keeper before fees had budgets: bound by the operator's limit alone, and raised slowly. */
const TERMS_BEFORE_BUDGETS: FeeTerms = {
  expectedGas: 0n,
  budgetWei: undefined,
  patienceBlocks: 200,
  gainsWei: [],
  nativePrice36: undefined,
};

export function purposeOf(action: Action, terms: FeeTerms): Purpose {
  return { duty: action.duty, accounts: accountsOf(action), terms, gasKind: gasKindOf(action) };
}

export function journalEntryOf(attempt: Attempt, purpose: Purpose, sender: string): JournalEntry {
  const { hash, nonce, raw, signedAtBlock } = attempt;
  return { hash, sender, nonce, raw, action: encode(purpose), signedAtBlock };
}

/** A nonce just signed for. */
export function newSlot(attempt: Attempt, purpose: Purpose, isPublic: boolean): Slot {
  return {
    nonce: attempt.nonce,
    purpose,
    attempts: [attempt],
    outcome: undefined,
    missingSince: undefined,
    droppedSince: undefined,
    resentAt: undefined,
    isPublic,
  };
}

/** The nonces that a journal says are on their way. Throws a `UserError` for an entry that makes no sense. */
export function slotsFrom(entries: readonly JournalEntry[]): Slot[] {
  return [...Map.groupBy(entries, ({ nonce }) => nonce).values()].flatMap((siblings): Slot[] => {
    const attempts = siblings.map(attemptFrom);
    const [first] = attempts;
    const last = siblings.at(-1);
    if (first === undefined || last === undefined) return [];
    return [{ ...newSlot(first, purposeIn(last), false), attempts }];
  });
}

/** The last signature for a nonce, the one with the highest fees. */
export function lastAttempt(slot: Slot): Attempt {
  const attempt = slot.attempts.at(-1);
  if (attempt === undefined) throw new Error(`nonce ${slot.nonce} has no signature`);
  return attempt;
}

/** Block at which a nonce was first signed for. */
export function firstBlock(slot: Slot): number {
  return slot.attempts[0]?.signedAtBlock ?? 0;
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

/** Wei that a nonce costs at the most, whatever happens on the chain. */
export function worstFeeOf(slot: Slot): bigint {
  const { gasLimit, fees } = contentOf(lastAttempt(slot));
  return gasLimit * fees.maxFeePerGas;
}

function attemptFrom({ hash, nonce, raw, signedAtBlock }: JournalEntry): Attempt {
  let found: { hash: string | null; nonce: number };
  try {
    found = Transaction.from(raw);
  } catch (error) {
    throw damaged(nonce, error);
  }
  if (found.hash !== hash || found.nonce !== nonce) throw damaged(nonce, undefined);
  return { nonce, hash, raw, signedAtBlock };
}

/** What a journal entry says that it is for. Throws a `UserError` for one that makes no sense. */
export function purposeIn({ action, nonce }: JournalEntry): Purpose {
  let purpose: Partial<Purpose>;
  try {
    purpose = decode(action) as Partial<Purpose>;
  } catch (error) {
    throw damaged(nonce, error);
  }
  const { duty, accounts, terms, gasKind } = purpose;
  if (duty === undefined || accounts === undefined) throw damaged(nonce, undefined);
  // JSON leaves out what is undefined, so fields may be missing here that the type says are there.
  return {
    duty,
    accounts,
    terms: { ...TERMS_BEFORE_BUDGETS, ...terms },
    gasKind: gasKind ?? gasKindOfDuty(duty),
  };
}

function damaged(nonce: number, cause: unknown): UserError {
  return new UserError(
    `the journal's entry for nonce ${nonce} is damaged, so nothing is sent. Restore the store, or wait until the nonce is used and begin with a new storeFile`,
    { cause },
  );
}
