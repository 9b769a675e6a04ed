import type { AccountId } from "../../sdk/accountId.ts";
import type { Log } from "../log.ts";
import type { Action, Skip } from "../policy/action.ts";
import type { SeenEvent } from "../sources/follower.ts";
import { BlockTimesRing, type BlockTimes } from "./blockTimes.ts";
import { DueLedger, type DueCount } from "./dueLedger.ts";
import { explainMiss, type Deed, type Miss } from "./explainMiss.ts";

/** A deed whose block has not been decided upon yet. */
interface PendingDeed extends Omit<Deed, "own"> {
  readonly account: AccountId;
}

/** Events of what a keeper could have done. */
const DEEDS: ReadonlySet<string> = new Set(["MarginCallOpened", "Liquidated", "BadDebtRealized"]);
const EXAMPLES = 3;

/** Remembers what was known when, and explains each deed that was late or somebody else's. */
export class Forensics {
  readonly #times = new BlockTimesRing();
  readonly #dues = new DueLedger();
  readonly #keepers: ReadonlySet<string>;
  readonly #log: Log;
  #pending: PendingDeed[] = [];

  constructor(keepers: ReadonlySet<string>, log: Log) {
    this.#keepers = keepers;
    this.#log = log;
  }

  /** A block's events, before the block is decided upon. What was done before the first decision is nobody's miss. */
  seen(events: readonly SeenEvent[], quarantined: ReadonlySet<AccountId>): void {
    for (const { event, blockNumber: block } of events) {
      if (!DEEDS.has(event.name) || !("actor" in event)) continue;
      const { account, actor } = event;
      const before = this.#times.before(block);
      const due = this.#dues.of(account);
      this.#dues.settle(account);
      if (this.#times.isEmpty) continue;
      const isOwn = this.#keepers.has(actor);
      this.#pending.push({ account, block, isOwn, due, before, isQuarantined: quarantined.has(account) });
    }
  }

  /** A block was decided upon: says what was missed in it. */
  decided(
    times: BlockTimes,
    { actions, skips }: { readonly actions: readonly Action[]; readonly skips: readonly Skip[] },
    onTheirWay: ReadonlySet<AccountId>,
  ): void {
    this.#times.add(times);
    const pending = this.#pending;
    this.#pending = [];
    this.#report(
      times.block,
      pending.flatMap((deed) => {
        const miss = explainMiss({ ...deed, own: this.#times.at(deed.block) });
        return miss === undefined ? [] : [[deed, miss] as const];
      }),
    );
    this.#dues.decided(times.block, actions, skips, onTheirWay);
  }

  /** What is meant to be done, as of the block last decided upon. */
  duesAt(block: number): readonly DueCount[] {
    return this.#dues.counts(block);
  }

  /** The chain went back. */
  rolledBack(number: number): void {
    this.#pending = this.#pending.filter(({ block }) => block <= number);
  }

  /** One line a block, however many there are. */
  #report(block: number, missed: readonly (readonly [PendingDeed, Miss])[]): void {
    for (const isOwn of [true, false]) {
      const group = missed.filter(([deed]) => deed.isOwn === isOwn);
      if (group.length === 0) continue;
      const causes: Record<string, number> = {};
      for (const [, { cause }] of group) causes[cause] = (causes[cause] ?? 0) + 1;
      const examples = group.slice(0, EXAMPLES).map(([{ account, block: minedAt }, miss]) => ({
        account,
        minedAt,
        ...miss,
      }));
      this.#log.info(isOwn ? "actions.late" : "actions.othersDid", { block, causes, examples });
    }
  }
}
