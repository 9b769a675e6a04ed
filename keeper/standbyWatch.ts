import type { AccountId } from "../sdk/accountId.ts";
import type { Log } from "./log.ts";
import type { Action, Duty } from "./policy/action.ts";
import { FIRST_IN_ROW, type Since, type StandbySettings, type StandbyView } from "./policy/standby.ts";
import type { SeenEvent } from "./sources/follower.ts";
import type { Store } from "./store/store.ts";

export interface StandbyWatchOptions {
  readonly settings: StandbySettings;
  /** Whose doings are this keeper's. */
  readonly own: ReadonlySet<string>;
  readonly store: Pick<Store, "dues" | "saveDues" | "note" | "setNote">;
  readonly log: Log;
}

interface When {
  readonly number: number;
  readonly timestamp: bigint;
}

/** By these something that was due has been done, by whomever; what is due afterwards is due anew. */
const DEEDS: ReadonlySet<string> = new Set([
  "MarginCallOpened",
  "MarginCallClosed",
  "Liquidated",
  "BadDebtRealized",
]);

/** The block at which it took over, or nothing. */
const NOTE = "standbyInChargeSince";

/**
 * What a standby knows of its place: since when something has been due about each account, and whether it is the one
 * who does it. On the disk, for a restart must not make anybody wait twice. The first in the row remembers nothing.
 */
export class StandbyWatch {
  readonly #options: StandbyWatchOptions;
  readonly #since: Map<AccountId, Since>;
  readonly #gone = new Set<AccountId>();
  #inChargeSince: number | undefined;

  constructor(options: StandbyWatchOptions) {
    this.#options = options;
    const noted = options.store.note(NOTE) ?? "";
    this.#inChargeSince = noted === "" ? undefined : Number(noted);
    this.#since = new Map(this.#isFirst ? [] : options.store.dues());
  }

  /** For the decision at a block. */
  get view(): StandbyView {
    if (this.#isFirst) return FIRST_IN_ROW;
    return { since: this.#since, isInCharge: this.#inChargeSince !== undefined };
  }

  /** What happened in blocks before they are decided upon. Throws `RetryableError` when the store does not take it. */
  seen(events: readonly SeenEvent[]): void {
    if (this.#isFirst) return;
    for (const { event, blockNumber } of events) {
      if (!DEEDS.has(event.name) || !("actor" in event)) continue;
      if (this.#since.delete(event.account)) this.#gone.add(event.account);
      if (!this.#options.own.has(event.actor)) this.#stepBack(blockNumber);
    }
  }

  /**
   * A block was decided upon. Throws `RetryableError` when the store does not take it.
   * @param due What would be done by who comes first.
   * @param isUnsure Endpoints do not agree on the block: what it does not show to be due may be due all the same.
   */
  decided({ number, timestamp }: When, due: ReadonlyMap<AccountId, Duty>, isUnsure: boolean): void {
    if (this.#isFirst) return;
    const fresh = new Map<AccountId, Since>();
    for (const [account, duty] of due) {
      if (this.#since.get(account)?.duty !== duty) fresh.set(account, { duty, block: number, timestamp });
    }
    if (!isUnsure) {
      for (const account of this.#since.keys()) if (!due.has(account)) this.#forget(account);
    }
    for (const [account, since] of fresh) {
      this.#since.set(account, since);
      this.#gone.delete(account);
    }
    this.#save(fresh);
  }

  /** It has sent what was overdue. An approval prepares it for that and is nobody else's to do. */
  acted({ number }: When, actions: readonly Action[]): void {
    const duties = [...new Set(actions.map(({ duty }) => duty))].filter((duty) => duty !== "approve");
    if (this.#isFirst || duties.length === 0 || this.#inChargeSince !== undefined) return;
    this.#note(number);
    const { rank } = this.#options.settings;
    this.#options.log.error("standby.tookOver", { block: number, rank, duties });
  }

  /** Blocks above `number` are gone, and with them what became due in them. */
  rolledBack(number: number): void {
    for (const [account, { block }] of this.#since) if (block > number) this.#forget(account);
    this.#save(new Map());
  }

  get #isFirst(): boolean {
    return this.#options.settings.rank === 0;
  }

  #forget(account: AccountId): void {
    this.#since.delete(account);
    this.#gone.add(account);
  }

  #save(fresh: ReadonlyMap<AccountId, Since>): void {
    if (fresh.size === 0 && this.#gone.size === 0) return;
    this.#options.store.saveDues(fresh, this.#gone);
    this.#gone.clear();
  }

  #stepBack(block: number): void {
    if (this.#inChargeSince === undefined) return;
    const forBlocks = block - this.#inChargeSince;
    this.#note(undefined);
    this.#options.log.warn("standby.steppedBack", { block, forBlocks });
  }

  #note(inChargeSince: number | undefined): void {
    this.#options.store.setNote(NOTE, inChargeSince === undefined ? "" : String(inChargeSince));
    this.#inChargeSince = inChargeSince;
  }
}
