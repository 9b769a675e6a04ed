import type { BlockRef } from "../book/book.ts";
import { UserError } from "../errors.ts";
import type { JournalEntry } from "./records.ts";

/** What SQLite answers with. */
export type Row = Record<string, unknown>;

export function blockOf(row: Row): BlockRef {
  return { number: Number(row.number), hash: text(row.hash), timestamp: BigInt(Number(row.timestamp)) };
}

export function journalEntryOf(row: Row): JournalEntry {
  return {
    hash: text(row.hash),
    sender: text(row.sender),
    nonce: Number(row.nonce),
    raw: text(row.raw),
    action: text(row.action),
    signedAtBlock: Number(row.signed_at_block),
  };
}

/** Throws a `UserError` for anything but text. */
export function text(value: unknown): string {
  if (typeof value !== "string")
    throw new UserError("the store is damaged: a text column holds something else");
  return value;
}
