import type { Roll } from "./book/book.ts";
import type { Log } from "./log.ts";
import type { Observation } from "./observer.ts";
import type { Decision } from "./policy/decide.ts";
import type { BlockHeader } from "./sources/blockHeader.ts";

/** What the log says of a block beside the decision. */
export interface BlockReport {
  /** How many there are in the book. */
  readonly accounts: number;
  /** Accounts with debt by status name. */
  readonly counts: Roll["counts"];
  /** Transactions. */
  readonly sent: number;
  readonly trust: Observation["trust"];
  /** Milliseconds of a clock that only runs forward. */
  readonly startedAtMs: number;
  readonly decidedAtMs: number;
}

/** A line for a block, and at level debug one for each account that was left alone. */
export function reportBlock(log: Log, head: BlockHeader, decision: Decision, report: BlockReport): void {
  const { accounts, counts, sent, trust, startedAtMs, decidedAtMs } = report;
  for (const { account, duty, reason } of decision.skips) {
    log.debug("account.skipped", { account, duty, reason });
  }
  log.info("block.seen", {
    block: head.number,
    timestamp: head.timestamp,
    accounts,
    ...decision.counts,
    ...counts,
    skipped: countBy(decision.skips.map(({ reason }) => reason)),
    sent,
    trust,
    nextMoment: decision.nextMoment,
    decideMs: Math.round(decidedAtMs - startedAtMs),
    ms: Math.round(performance.now() - startedAtMs),
  });
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
