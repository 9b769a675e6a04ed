import { DatabaseSync } from "node:sqlite";
import { UserError, messageOf } from "../errors.ts";
import { journalEntryOf, text } from "./rows.ts";
import { readShadowSums, type ShadowSum } from "./shadowLedger.ts";
import type { JournalEntry } from "./records.ts";

/** A signature, what became of it, and what its nonce cost, wei; undefined while unknown. */
export interface JournalRow extends JournalEntry {
  readonly outcome: string | undefined;
  readonly feeWei: bigint | undefined;
}

/** Everything that was signed and has not been pruned, oldest first; also beside a keeper that runs. Throws a `UserError`. */
export function readJournal(storeFile: string): readonly JournalRow[] {
  return reading(storeFile, (database) => {
    const sql = `SELECT hash, sender, nonce, raw, action, signed_at_block, outcome,
      (SELECT wei FROM gas_fees WHERE gas_fees.sender = transactions.sender AND gas_fees.nonce = transactions.nonce) AS wei
      FROM transactions ORDER BY signed_at_block, nonce`;
    return database
      .prepare(sql)
      .all()
      .map((row) => ({
        ...journalEntryOf(row),
        outcome: row.outcome === null ? undefined : text(row.outcome),
        feeWei: row.wei === null ? undefined : BigInt(text(row.wei)),
      }));
  });
}

/** What a dry run has entered, by duty. Throws a `UserError`. */
export function readShadowOf(storeFile: string): readonly ShadowSum[] {
  return reading(storeFile, readShadowSums);
}

function reading<T>(file: string, read: (database: DatabaseSync) => T): T {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { readOnly: true });
    return read(database);
  } catch (error) {
    throw new UserError(`${file} cannot be read: ${messageOf(error)}`, { cause: error });
  } finally {
    database?.close();
  }
}
