import type { AccountId } from "../../../sdk/accountId.ts";
import type { BlockLogs } from "../chain/logs.ts";
import { STATUSES, type CheckPrice } from "./arithmetic.ts";
import { inForce, type CheckClock } from "./clock.ts";
import type { AccountFacts } from "./facts.ts";

/** A take that the rules of the design page do not allow. */
export interface ForbiddenTake {
  readonly account: AccountId;
  readonly block: number;
  /** Which rule it breaks, for the reader. */
  readonly why: string;
}

/** What the takes of a block are measured against. */
export interface TakeConditions {
  readonly block: number;
  readonly clock: CheckClock;
  readonly prices: readonly CheckPrice[];
  /** The collaterals' addresses by number, lower case. */
  readonly assets: readonly string[];
  /** An account as it was in the block before; undefined for one that is not checked. */
  readonly before: (account: AccountId) => AccountFacts | undefined;
}

/** The takes of a block that came before their deadline (rules 2 and 6) or at a price that was not fresh (rule 7). */
export function forbiddenTakes(logs: BlockLogs, conditions: TakeConditions): ForbiddenTake[] {
  return logs.events.flatMap(({ event }): ForbiddenTake[] => {
    if (event.name !== "Liquidated") return [];
    const { account, notice } = event;
    const found: string[] = [];
    const price = conditions.prices[conditions.assets.indexOf(notice.asset.toLowerCase())];
    if (price?.fresh !== true) found.push("taken at a price that was not fresh");
    if (STATUSES[notice.status] === "Expired" && !isPastDeadline(account, conditions)) {
      found.push("taken before its deadline, above the floor");
    }
    return found.map((why) => ({ account, block: conditions.block, why }));
  });
}

/** No call has a grace that begins and ends in one block: what counts is the deadline of the block before. */
function isPastDeadline(account: AccountId, { before, clock }: TakeConditions): boolean {
  const facts = before(account);
  if (facts === undefined || facts.deadline === 0n) return false;
  return inForce(facts, clock).deadline <= clock.uptime;
}
