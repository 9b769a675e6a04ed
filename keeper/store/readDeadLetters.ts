import { DatabaseSync } from "node:sqlite";
import { UserError, messageOf } from "../errors.ts";

/** Accounts in quarantine as the store has them; also while a keeper holds its lock. Throws a `UserError` without a store. */
export function readDeadLetters(file: string): readonly Record<string, unknown>[] {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { readOnly: true });
    return database
      .prepare("SELECT account, block, failures, reason FROM dead_letters ORDER BY account")
      .all();
  } catch (error) {
    throw new UserError(`${file} cannot be read: ${messageOf(error)}`, { cause: error });
  } finally {
    database?.close();
  }
}
