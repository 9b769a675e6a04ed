import { rmSync, statSync, writeFileSync } from "node:fs";
import { UserError, messageOf } from "./errors.ts";
import type { Log } from "./log.ts";
import type { Store } from "./store/store.ts";

export interface ConfirmationOptions {
  readonly file: string;
  /** Block time for which one holds. */
  readonly seconds: number;
  readonly store: Pick<Store, "note" | "setNote">;
  readonly log: Log;
}

const NOTE = "brakeConfirmation";

/**
 * The operator's word that the prices are right although so much of the book is concerned: a file, whoever made it. It
 * holds for a while of block time from the block at which it was first seen, also over a restart, and is then removed;
 * made anew it counts anew, and removed it counts no more.
 */
export class Confirmation {
  readonly #options: ConfirmationOptions;
  #wasGiven = false;

  constructor(options: ConfirmationOptions) {
    this.#options = options;
  }

  /** Whether it holds at a block. Throws `RetryableError` when the store does not take a new one. */
  holdsAt({ number, timestamp }: { readonly number: number; readonly timestamp: bigint }): boolean {
    const { file, log } = this.#options;
    const until = this.#untilAt(number, timestamp);
    const isGiven = until !== undefined && timestamp < until;
    if (!isGiven && this.#wasGiven) log.warn("brake.confirmationOver", { block: number, file, until });
    this.#wasGiven = isGiven;
    // One that cannot be removed is known by its time, and not taken for a new one.
    if (until !== undefined && !isGiven) removeIfPossible(file);
    return isGiven;
  }

  #untilAt(block: number, timestamp: bigint): bigint | undefined {
    const { file, seconds, store, log } = this.#options;
    const stamp = stampOf(file);
    if (stamp === undefined) return undefined;
    const [known, until] = store.note(NOTE)?.split(" ") ?? [];
    if (known === stamp && until !== undefined) return BigInt(until);
    const newUntil = timestamp + BigInt(seconds);
    store.setNote(NOTE, `${stamp} ${newUntil}`);
    log.error("brake.confirmed", { block, file, until: newUntil });
    return newUntil;
  }
}

/** Makes the file, or makes it anew. Throws a `UserError` when it cannot be written. */
export function confirmWith(file: string): void {
  try {
    rmSync(file, { force: true });
    writeFileSync(
      file,
      "Its presence tells the keeper that the prices are right. It is removed when it is over.\n",
    );
  } catch (error) {
    throw new UserError(`${file} cannot be written: ${messageOf(error)}`, { cause: error });
  }
}

/** What tells one file from the next of the same name. */
function stampOf(file: string): string | undefined {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? undefined : `${found.ino}-${found.mtimeNs}`;
}

function removeIfPossible(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // A folder that is read-only: it stays, and is over all the same.
  }
}
