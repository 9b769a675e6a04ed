import type { AccountId } from "../../sdk/accountId.ts";
import { VAULT_EVENT_TOPICS } from "../../sdk/vaultEvents.ts";
import type { AccountState } from "../../sdk/vaultTypes.ts";
import { ACCRUING, applyEvent, hasAccrued, type BookView } from "../book/applyEvent.ts";
import { eventIn } from "./eventIn.ts";
import type { SourceLog } from "./sourceLog.ts";

type Topics = ReadonlySet<string | undefined>;

const CERTAIN: Topics = new Set([...ACCRUING].map((name) => VAULT_EVENT_TOPICS[name]));
const MOVES: Topics = new Set([
  VAULT_EVENT_TOPICS.CollateralDeposited,
  VAULT_EVENT_TOPICS.CollateralWithdrawn,
]);

/**
 * The last of `logs` at which the vault accrued; `view` shows the state before the first. Only collateral that moved
 * after the last log that says so by itself leaves a doubt, and only what is told of its accounts is read for it.
 * Throws `RetryableError` for a log that cannot be read, `BookError` where logs contradict each other.
 */
export function lastAccrual(logs: readonly SourceLog[], view: BookView): SourceLog | undefined {
  const certain = logs.findLastIndex(({ topics }) => CERTAIN.has(topics[0]));
  const moves = logs.slice(certain + 1).filter(({ topics }) => MOVES.has(topics[0]));
  if (moves.length === 0) return logs[certain];
  const movers: Topics = new Set(moves.map(({ topics }) => topics[1]));
  const told = logs
    .slice(0, certain + 1)
    .filter(({ topics }) => movers.has(topics[1]) || topics[0] === VAULT_EVENT_TOPICS.CollateralListed);
  const after = viewAfter(told, view);
  const isAccrual = (log: SourceLog) => {
    const event = eventIn(log);
    return event !== undefined && hasAccrued(after, event);
  };
  return moves.findLast(isAccrual) ?? logs[certain];
}

function viewAfter(logs: readonly SourceLog[], before: BookView): BookView {
  const accounts = new Map<AccountId, AccountState>();
  const account = (id: AccountId) => accounts.get(id) ?? before.account(id);
  const { vaultAddress } = before;
  let { vault } = before;
  for (const log of logs) {
    const event = eventIn(log);
    if (event === undefined) continue;
    const change = applyEvent({ vaultAddress, vault, account }, event, 0n);
    vault = change.vault;
    for (const [id, state] of change.accounts) accounts.set(id, state);
  }
  return { vaultAddress, vault, account };
}
