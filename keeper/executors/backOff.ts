import type { AccountId } from "../../sdk/accountId.ts";

/** Blocks an account is left alone after its nth refusal in a row: short, for the next block may change everything. */
const LONGEST_BLOCKS = 32;
/** Failures in a row after which an account is quarantined. */
const QUARANTINE_AFTER = 10;
/** A quarantined account is tried alone and this seldom, but never given up: it may be somebody's money. */
const QUARANTINE_BLOCKS = 256;

/** An account that failed, and how: `refused` politely by the vault, or `failed` by a revert of its own. */
export interface Failure {
  readonly account: AccountId;
  readonly kind: "refused" | "failed";
  readonly reason: string;
}

interface Record {
  readonly count: number;
  readonly failures: number;
  readonly until: number;
  readonly since: number;
  readonly isQuarantined: boolean;
}

/**
 * Accounts for which the chain refused what the mirror expected to pass. They wait 1, 2, 4, ... blocks, never for good and
 * never with others: an account that always fails costs its own turns and nothing else. One that goes on failing while
 * others succeed is quarantined; when all fail, the fault is not the account's.
 */
export class BackOff {
  readonly #records = new Map<AccountId, Record>();
  #lastSuccess = -1;

  /** Accounts still waiting at a block. */
  waiting(block: number): readonly AccountId[] {
    return [...this.#records].filter(([, { until }]) => block < until).map(([account]) => account);
  }

  /** How many are quarantined. */
  get quarantinedCount(): number {
    return [...this.#records.values()].filter(({ isQuarantined }) => isQuarantined).length;
  }

  isQuarantined(account: AccountId): boolean {
    return this.#records.get(account)?.isQuarantined === true;
  }

  /** How often an account has failed in a row. */
  failuresOf(account: AccountId): number {
    return this.#records.get(account)?.failures ?? 0;
  }

  /** Whether this quarantines the account. */
  refused(account: AccountId, block: number, kind: Failure["kind"] = "refused"): boolean {
    const before = this.#records.get(account);
    const count = (before?.count ?? 0) + 1;
    const failures = (before?.failures ?? 0) + (kind === "failed" ? 1 : 0);
    const since = before?.since ?? block;
    const wasQuarantined = before?.isQuarantined === true;
    const isQuarantined = wasQuarantined || (failures >= QUARANTINE_AFTER && this.#lastSuccess >= since);
    const pause = isQuarantined ? QUARANTINE_BLOCKS : Math.min(LONGEST_BLOCKS, 2 ** (count - 1));
    this.#records.set(account, { count, failures, until: block + pause, since, isQuarantined });
    return isQuarantined && !wasQuarantined;
  }

  /** Takes up a quarantine from before a restart. */
  quarantine(account: AccountId, block: number, failures: number): void {
    const until = block + QUARANTINE_BLOCKS;
    this.#records.set(account, { count: failures, failures, until, since: block, isQuarantined: true });
  }

  /** The account did as expected at a block. Whether it was quarantined. */
  clear(account: AccountId, block = 0): boolean {
    const wasQuarantined = this.isQuarantined(account);
    this.#records.delete(account);
    this.#lastSuccess = Math.max(this.#lastSuccess, block);
    return wasQuarantined;
  }
}
