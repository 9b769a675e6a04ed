import { DatabaseSync } from "node:sqlite";
import { UserError, messageOf } from "../errors.ts";

/** Held by one process at a time; the operating system releases it when the process ends, however it ends. */
export interface StoreLock {
  release(): void;
}

/**
 * Locks the store `file` by an exclusive transaction on a database beside it, which leaves the store itself readable.
 * Throws a `UserError` when another process holds it.
 */
export function lockStore(file: string): StoreLock {
  const database = new DatabaseSync(`${file}-lock`);
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    throw new UserError(`${file} is in use by another keeper; each keeper needs a store of its own`, {
      cause: error,
    });
  }
  return {
    release() {
      database.close();
    },
  };
}

/** As `lockStore`; every failure is a `UserError` that names the file. */
export function openStoreLock(file: string): StoreLock {
  try {
    return lockStore(file);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${file} cannot be opened: ${messageOf(error)}`, { cause: error });
  }
}
