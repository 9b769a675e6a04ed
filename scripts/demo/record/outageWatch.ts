import type { AccountId } from "../../../sdk/accountId.ts";
import { STATUSES } from "../check/arithmetic.ts";
import type { CheckedBlock } from "../check/checker.ts";
import type { OutageTimes } from "../replay/outagePlan.ts";
import { secondsText } from "../screen/wording.ts";

/** What an outage did. Times are unix seconds of the chain. */
export interface OutageRecord {
  readonly feedFrom: number;
  readonly feedUntil: number;
  /** From when the silent feed's answer was too old; undefined if no block saw it so. */
  readonly staleFrom: number | undefined;
  readonly sequencerFrom: number;
  readonly sequencerUntil: number;
  /** Open calls whose deadline would have passed while the sequencer was down. */
  readonly protectedDeadlines: number;
  /** Takes in blocks within that time. */
  readonly takesWhileDown: number;
  /** Of accounts so protected, above the floor and before the grace that followed had passed. */
  readonly takesBeforeGrace: number;
}

/** Sentences about a block, to be said before and after what else happened in it. */
export interface OutageWords {
  readonly ends: readonly string[];
  readonly begins: readonly string[];
}

/** Follows an outage through checked blocks. */
export class OutageWatch {
  readonly #ids: readonly AccountId[];
  readonly #symbol: string;
  readonly #timesOf: () => OutageTimes;
  readonly #said = new Set<keyof OutageTimes | "stale">();
  #protected: ReadonlySet<AccountId> = new Set();
  #staleFrom: number | undefined;
  #takesWhileDown = 0;
  #takesBeforeGrace = 0;

  /**
   * @param symbol Of the collateral whose feed falls silent, the first one.
   * @param timesOf May be asked again and again: the times come to be known while the replay runs.
   */
  constructor(ids: readonly AccountId[], symbol: string, timesOf: () => OutageTimes) {
    this.#ids = ids;
    this.#symbol = symbol;
    this.#timesOf = timesOf;
  }

  /** Adds a block; they must come in order. */
  add(checked: CheckedBlock): OutageWords {
    const at = Number(checked.vault.at);
    const times = this.#timesOf();
    const { feedFrom, feedUntil, sequencerFrom, sequencerUntil } = times;
    if (at === sequencerFrom) this.#protected = this.#protectedIn(checked, sequencerFrom, sequencerUntil);
    this.#countTakes(checked, at, times);
    const isStale = checked.prices[0]?.fresh === false && feedFrom !== undefined && at > feedFrom;
    if (isStale) this.#staleFrom ??= at;

    const open = checked.facts.filter(({ deadline }) => deadline > 0n).length;
    const calls = open === 0 ? "no call is open: these prices have opened none" : `${open} calls open`;
    const down = secondsText((sequencerUntil ?? 0) - (sequencerFrom ?? 0));
    const put = `${this.#protected.size} deadlines fell into it and are put off`;
    const once = (what: keyof OutageTimes | "stale", isTrue: boolean, words: string) => {
      if (!isTrue || this.#said.has(what)) return [];
      this.#said.add(what);
      return [words];
    };
    const isPast = (time: number | undefined) => time !== undefined && at >= time;
    return {
      ends: [
        ...once("sequencerUntil", isPast(sequencerUntil), `the sequencer is up again: ${put}`),
        ...once("feedUntil", isPast(feedUntil), `${this.#symbol}'s feed answers again`),
      ],
      begins: [
        ...once("feedFrom", isPast(feedFrom), `${this.#symbol}'s feed falls silent, ${calls}`),
        ...once("stale", isStale, `${this.#symbol}'s price is stale: none of it can be taken`),
        ...once("sequencerFrom", isPast(sequencerFrom), `the sequencer is down, no block for ${down}`),
      ],
    };
  }

  /** What there was; undefined when the replay ended before all had failed. */
  get record(): OutageRecord | undefined {
    const { feedFrom, feedUntil, sequencerFrom, sequencerUntil } = this.#timesOf();
    if (feedFrom === undefined || feedUntil === undefined) return undefined;
    if (sequencerFrom === undefined || sequencerUntil === undefined) return undefined;
    return {
      feedFrom,
      feedUntil,
      staleFrom: this.#staleFrom,
      sequencerFrom,
      sequencerUntil,
      protectedDeadlines: this.#protected.size,
      takesWhileDown: this.#takesWhileDown,
      takesBeforeGrace: this.#takesBeforeGrace,
    };
  }

  /** Before the first stop uptime is time: deadlines are compared with it as they are stored. */
  #protectedIn({ facts }: CheckedBlock, from: number, until: number | undefined): Set<AccountId> {
    const isMet = (deadline: number) => deadline > from && deadline <= (until ?? from);
    return new Set(this.#ids.filter((_, i) => isMet(Number(facts[i]?.deadline ?? 0n))));
  }

  #countTakes(
    { logs, clock }: CheckedBlock,
    at: number,
    { sequencerFrom, sequencerUntil }: OutageTimes,
  ): void {
    if (sequencerFrom === undefined || sequencerUntil === undefined || at <= sequencerFrom) return;
    for (const { event } of logs.events) {
      if (event.name !== "Liquidated") continue;
      if (at < sequencerUntil) this.#takesWhileDown += 1;
      const isEarly = at < sequencerUntil + Number(clock.graceSeconds);
      const isAboveFloor = STATUSES[event.notice.status] === "Expired";
      if (isEarly && isAboveFloor && this.#protected.has(event.account)) this.#takesBeforeGrace += 1;
    }
  }
}
