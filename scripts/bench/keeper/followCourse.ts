import { AccountIndex } from "../../../keeper/index/accountIndex.ts";
import { writeSnapshot } from "../../../keeper/index/snapshotFile.ts";
import { standing } from "../../../keeper/index/standing.ts";
import type { AccountId } from "../../../sdk/accountId.ts";
import { LogApplier } from "./applyLogs.ts";
import { changesOf, course } from "./course.ts";
import { BENCH_BEGINS, Market } from "./market.ts";
import type { Message, Order } from "./messages.ts";
import { idOf, population } from "./population.ts";
import { rawLogPages } from "./rawLogs.ts";

const VAULT = "0x00000000000000000000000000000000000000aa";

/**
 * The keeper that is measured, in a process of its own: rebuilds the index from logs, follows the course block by block,
 * says how everybody stands where that is checked, and saves. Returns the milliseconds of the rebuild: decoding, applying and the
 * first judgement of all, without what the endpoint takes.
 */
export async function followCourse(order: Order, tell: (message: Message) => Promise<void>): Promise<number> {
  const index = new AccountIndex();
  const coldMs = await rebuild(index, order, tell);
  const market = new Market(order.seed);
  const startedAt = performance.now();
  index.advance(market.moment);
  const judgedMs = performance.now() - startedAt;
  await tell({ kind: "standings", block: 0, standings: standingsOf(index, order.accounts) });
  for (const [i, { weather, isChecked }] of course(order.isThorough).entries()) {
    const block = i + 1;
    market.step(weather);
    const { moment } = market;
    const changes = changesOf(block, order, moment, (id) => stateIn(index, id));
    const beganAt = performance.now();
    for (const [id, state] of changes) index.set(id, state);
    const crossed = index.advance(moment).count;
    await tell({ kind: "block", weather, ms: performance.now() - beganAt, crossed });
    if (!isChecked) continue;
    await tell({ kind: "standings", block, standings: standingsOf(index, order.accounts) });
  }
  writeSnapshot(order.file, index.table, JSON.stringify({ block: course(order.isThorough).length }));
  return coldMs + judgedMs;
}

async function rebuild(
  index: AccountIndex,
  { accounts, seed }: Order,
  tell: (message: Message) => Promise<void>,
): Promise<number> {
  const applier = new LogApplier(index, VAULT);
  let ms = 0;
  let told = 0;
  for (const page of rawLogPages(population(accounts, seed))) {
    const startedAt = performance.now();
    applier.apply(page, BENCH_BEGINS);
    ms += performance.now() - startedAt;
    if (index.size - told < 100_000) continue;
    told = index.size;
    await tell({ kind: "progress", text: `${told.toLocaleString("en")} accounts rebuilt from logs` });
  }
  return ms;
}

function stateIn(index: AccountIndex, id: AccountId) {
  const state = index.state(id);
  if (state === undefined) throw new Error(`the index has lost ${id}`);
  return state;
}

/** What the index says of every account, by its number; an account that it does not know stands as nothing does. */
export function standingsOf(index: AccountIndex, accounts: number): Uint8Array {
  return Uint8Array.from({ length: accounts }, (_, i) => {
    const of = index.standingOf(idOf(i));
    return of === undefined ? 0xff : standing(of.status, of.mayClose, of.isHopeless);
  });
}
