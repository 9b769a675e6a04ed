import type { Book } from "../book/book.ts";
import type { AccountTable } from "../index/accountTable.ts";
import { readSnapshot, writeSnapshot } from "../index/snapshotFile.ts";
import type { Log } from "../log.ts";
import type { Store } from "./store.ts";

/** With fewer accounts the store alone is as fast. */
const WORTH_A_FILE = 10_000;

export interface AccountsFileOptions {
  /** The store's own file; the accounts are beside it. */
  readonly storeFile: string;
  readonly store: Pick<Store, "accountsFileBlock" | "noteAccountsFile">;
  readonly log: Log;
  /** Fewer are not written; for tests. */
  readonly leastAccounts?: number;
}

/**
 * A copy of all accounts at one block, for a quick start. The store remains what is believed: it notes which block the
 * file is of, holds all that has changed since, and forgets the note when that block is gone.
 */
export class AccountsFile {
  readonly #options: AccountsFileOptions;
  readonly #file: string;

  constructor(options: AccountsFileOptions) {
    this.#options = options;
    this.#file = `${options.storeFile}.accounts`;
  }

  /** What the file holds; undefined when it is of no use, and then the store has everything. */
  read(): { readonly block: { readonly number: number }; readonly table: AccountTable } | undefined {
    const { store, log } = this.#options;
    const block = store.accountsFileBlock();
    if (block === undefined) return undefined;
    const found = readSnapshot(this.#file);
    if (found.kind === "read" && found.note === block.hash) return { block, table: found.table };
    const reason =
      found.kind === "damaged" ? found.reason : found.kind === "read" ? "another block" : "absent";
    log.warn("accountsFile.unused", { reason });
    return undefined;
  }

  /** Writes it, where the book is large. Everything up to the book's head must be in the store. */
  write(book: Book): void {
    const { store, leastAccounts = WORTH_A_FILE } = this.#options;
    if (book.head === undefined || book.size < leastAccounts) return;
    writeSnapshot(this.#file, book.table, book.head.hash);
    store.noteAccountsFile(book.head);
  }
}
