import { Book, type SavedBook } from "../book/book.ts";
import type { Log } from "../log.ts";
import type { AccountsFile } from "../store/accountsFile.ts";
import type { Store } from "../store/store.ts";
import { headerProbe } from "./chainReader.ts";
import { ask } from "./probe.ts";
import type { Rpc } from "./rpcClient.ts";

/** Where books are saved. */
export interface Shelf {
  readonly store: Pick<Store, "loadBook" | "rollBackTo">;
  readonly accountsFile: Pick<AccountsFile, "read">;
}

/**
 * The book as it was saved, taken back to the newest saved block that is still on the chain; an empty one when there is
 * none, which is then rebuilt from the deploy block.
 */
export async function restoreBook(
  rpc: Rpc,
  { store, accountsFile }: Shelf,
  vault: string,
  log: Log,
): Promise<Book> {
  const saved = store.loadBook();
  if (saved === undefined) return new Book(vault);
  const headers = await ask(rpc, ...saved.blocks.map(({ number }) => headerProbe(number)));
  const common = saved.blocks.findLast((block, i) => headers[i]?.hash === block.hash);
  if (common?.hash !== saved.blocks.at(-1)?.hash) {
    store.rollBackTo(common?.number ?? -1);
    log.warn("book.rolledBack", { from: saved.blocks.at(-1)?.number, to: common?.number });
  }
  return new Book(vault, wholeBook());

  /** A million accounts are read from their file in a second, and from the store in many. */
  function wholeBook(): SavedBook | undefined {
    const file = accountsFile.read();
    const since = store.loadBook(file?.block.number);
    return since === undefined || file === undefined ? since : { ...since, table: file.table };
  }
}
