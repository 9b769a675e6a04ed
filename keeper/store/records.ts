import type { AccountId } from "../../sdk/accountId.ts";

/** A transaction as it was signed, before anyone saw it. */
export interface JournalEntry {
  readonly hash: string;
  readonly sender: string;
  readonly nonce: number;
  /** The signed bytes, sent again identically after a crash. */
  readonly raw: string;
  /** What it does, as `encode` writes it; opaque here. */
  readonly action: string;
  readonly signedAtBlock: number;
}

/** Quote base units lost on an account in the day of block time numbered `day`. */
export interface Spending {
  readonly account: AccountId;
  readonly day: number;
  readonly amount: bigint;
}

/** What a nonce of `sender` cost, in the day of block time numbered `day`. */
export interface GasFee {
  readonly sender: string;
  readonly nonce: number;
  readonly day: number;
  readonly wei: bigint;
}

/** An account whose work fails again and again while that of others succeeds. */
export interface DeadLetter {
  readonly account: AccountId;
  /** Block of the last failure. */
  readonly block: number;
  readonly failures: number;
  readonly reason: string;
}
