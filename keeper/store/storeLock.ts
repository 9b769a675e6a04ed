import { DatabaseSync } from "node:sqlite";
import { UserError, messageOf } from "../errors.ts";

/** Held by one process at a time; the operating system releases it when the process ends, however it ends. */
export interface StoreLock {
  release(): void;
}

/**
 * For which who is about to run tries again: doctor holds a lock and a port for a moment to see whether they are free, and
 * an end with code 2 is for good.
 */
export const PATIENCE_MS = 2_000;

/**
 * Locks the store `file` by an exclusive transaction on a database beside it, which leaves the store itself readable.
 * Throws a `UserError` when another process holds it.
 * @param waitMs For how long it is tried; nothing else goes on meanwhile.
 */
export function lockStore(file: string, waitMs: number): StoreLock {
  const database = new DatabaseSync(`${file}-lock`, { timeout: waitMs });
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

/** As `lockStore`, tried for two seconds; every failure is a `UserError` that names the file. */
export function openStoreLock(file: string): StoreLock {
  try {
    return lockStore(file, PATIENCE_MS);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${file} cannot be opened: ${messageOf(error)}`, { cause: error });
  }
}
