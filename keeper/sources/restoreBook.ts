import { Book } from "../book/book.ts";
import type { Log } from "../log.ts";
import type { Store } from "../store/store.ts";
import { headerProbe } from "./chainReader.ts";
import { ask } from "./probe.ts";
import type { Rpc } from "./rpcClient.ts";

/**
 * The book as it was saved, taken back to the newest saved block that is still on the chain; an empty one when there is
 * none, which is then rebuilt from the deploy block.
 */
export async function restoreBook(
  rpc: Rpc,
  store: Pick<Store, "loadBook" | "rollBackTo">,
  vault: string,
  log: Log,
): Promise<Book> {
  const saved = store.loadBook();
  if (saved === undefined) return new Book(vault);
  const headers = await ask(rpc, ...saved.blocks.map(({ number }) => headerProbe(number)));
  const common = saved.blocks.findLast((block, i) => headers[i]?.hash === block.hash);
  if (common?.hash === saved.blocks.at(-1)?.hash) return new Book(vault, saved);
  store.rollBackTo(common?.number ?? -1);
  log.warn("book.rolledBack", { from: saved.blocks.at(-1)?.number, to: common?.number });
  return new Book(vault, store.loadBook());
}
