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
  /** What the disk does not have yet: what has become due, and about whom nothing is any more. */
  readonly #fresh = new Map<AccountId, Since>();
  readonly #gone = new Set<AccountId>();
  #inChargeSince: number | undefined;
  #isNoted = true;

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

  /** What happened in blocks before they are decided upon; the decision puts it on the disk. */
  seen(events: readonly SeenEvent[]): void {
    if (this.#isFirst) return;
    for (const { event, blockNumber } of events) {
      if (!DEEDS.has(event.name) || !("actor" in event)) continue;
      if (this.#since.has(event.account)) this.#forget(event.account);
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
    if (!isUnsure) {
      for (const account of this.#since.keys()) if (!due.has(account)) this.#forget(account);
    }
    for (const [account, duty] of due) {
      if (this.#since.get(account)?.duty === duty) continue;
      const since = { duty, block: number, timestamp };
      this.#since.set(account, since);
      this.#fresh.set(account, since);
      this.#gone.delete(account);
    }
    this.#save();
  }

  /** It has sent what was overdue. An approval prepares it for that and is nobody else's to do. */
  acted({ number }: When, actions: readonly Action[]): void {
    const duties = [...new Set(actions.map(({ duty }) => duty))].filter((duty) => duty !== "approve");
    if (this.#isFirst || duties.length === 0 || this.#inChargeSince !== undefined) return;
    this.#inChargeSince = number;
    this.#note();
    const { rank } = this.#options.settings;
    this.#options.log.error("standby.tookOver", { block: number, rank, duties });
  }

  /** Blocks above `number` are gone, and with them what became due in them. */
  rolledBack(number: number): void {
    for (const [account, { block }] of this.#since) if (block > number) this.#forget(account);
  }

  get #isFirst(): boolean {
    return this.#options.settings.rank === 0;
  }

  #forget(account: AccountId): void {
    this.#since.delete(account);
    this.#fresh.delete(account);
    this.#gone.add(account);
  }

  #save(): void {
    if (!this.#isNoted) this.#note();
    if (this.#fresh.size === 0 && this.#gone.size === 0) return;
    this.#options.store.saveDues(this.#fresh, this.#gone);
    this.#fresh.clear();
    this.#gone.clear();
  }

  #stepBack(block: number): void {
    if (this.#inChargeSince === undefined) return;
    const forBlocks = block - this.#inChargeSince;
    this.#inChargeSince = undefined;
    this.#isNoted = false;
    this.#options.log.warn("standby.steppedBack", { block, forBlocks });
  }

  #note(): void {
    this.#options.store.setNote(NOTE, String(this.#inChargeSince ?? ""));
    this.#isNoted = true;
  }
}
