import { AccountIndex } from "../../../keeper/index/accountIndex.ts";
import { readSnapshot } from "../../../keeper/index/snapshotFile.ts";
import { course } from "./course.ts";
import { standingsOf } from "./followCourse.ts";
import { Market } from "./market.ts";
import type { Message, Order } from "./messages.ts";

/**
 * A keeper that starts from what another saved. Returns the milliseconds from the start of the process until everybody
 * is judged, the start of Node and the loading of the code included.
 */
export async function restart(order: Order, tell: (message: Message) => Promise<void>): Promise<number> {
  const found = readSnapshot(order.file);
  if (found.kind !== "read") throw new Error(`the snapshot is ${found.kind}`);
  const index = new AccountIndex(found.table);
  const market = new Market(order.seed);
  const blocks = course(order.isThorough);
  for (const { weather } of blocks) market.step(weather);
  index.advance(market.moment);
  const ms = performance.now();
  await tell({ kind: "standings", block: blocks.length, standings: standingsOf(index, order.accounts) });
  return ms;
}
