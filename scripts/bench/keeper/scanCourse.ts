import { NEW_ACCOUNT } from "../../../keeper/book/vaultRecord.ts";
import type { AccountId } from "../../../sdk/accountId.ts";
import type { AccountState, VaultMoment } from "../../../sdk/vaultTypes.ts";
import { changesOf, course } from "./course.ts";
import { Market } from "./market.ts";
import type { Message, Order } from "./messages.ts";
import { numberOf, population, stateOf } from "./population.ts";
import { scan } from "./scan.ts";

/**
 * The same course as peers follow it, and the reference: all accounts as objects in a map, all of them judged in bigint
 * after every block that is checked. Returns the milliseconds of the middle scan.
 */
export async function scanCourse(order: Order, tell: (message: Message) => Promise<void>): Promise<number> {
  const accounts = new Map<AccountId, AccountState>();
  for (const account of population(order.accounts, order.seed)) accounts.set(account.id, stateOf(account));
  const market = new Market(order.seed);
  const times: number[] = [];
  const check = async (block: number, moment: VaultMoment): Promise<void> => {
    const standings = new Uint8Array(order.accounts);
    const startedAt = performance.now();
    for (const [id, state] of accounts) standings[numberOf(id)] = scan(state, moment);
    times.push(performance.now() - startedAt);
    await tell({ kind: "standings", block, standings });
  };
  await check(0, market.moment);
  for (const [i, { weather, isChecked }] of course(order.isThorough).entries()) {
    market.step(weather);
    const { moment } = market;
    for (const [id, state] of changesOf(i + 1, order, moment, (of) => accounts.get(of) ?? NEW_ACCOUNT)) {
      accounts.set(id, state);
    }
    if (isChecked) await check(i + 1, moment);
  }
  return times.sort((a, b) => a - b)[times.length >> 1] ?? NaN;
}
