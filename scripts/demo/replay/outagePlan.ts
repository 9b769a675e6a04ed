import type { Round } from "../prices/priceSeries.ts";

/** What fails next. */
export type Failure = "feed" | "sequencer";

/** All times are unix seconds of the chain; undefined as long as nothing has failed. */
export interface OutageTimes {
  /** The first collateral's feed gives no answer after `feedFrom` and before `feedUntil`. */
  readonly feedFrom: number | undefined;
  readonly feedUntil: number | undefined;
  /** There is no block between. */
  readonly sequencerFrom: number | undefined;
  readonly sequencerUntil: number | undefined;
}

/** Between the shortest grace and the longest. */
const SEQUENCER_SECONDS = 2_700;
/** The feed is silent for so much longer than its answers may be old. */
const STALE_SECONDS = 5_400;
/** The sequencer goes down so long after the feed fell silent, or later, and is up again so long before it answers. */
const SOONEST_SECONDS = 600;
const LEFT_SILENT_SECONDS = 1_800;
/** One in so many of the deadlines ahead. */
const MANY_PARTS = 4;
/** So long after the lowest price the outage comes even though no call is open. */
const PATIENCE_SECONDS = 600;

/**
 * Decides when the first collateral's feed falls silent and when the sequencer goes down, from prices and from what
 * anyone can read of calls; no account counts more than another. The feed: once three quarters of the fall have been
 * seen and a call is open. The sequencer: while the feed is silent, once a quarter of the deadlines ahead lie within the time
 * that it will be down.
 */
export class OutagePlan {
  readonly #silenceSeconds: number;
  readonly #deepAt: number;
  readonly #lowestAt: number;
  #feedFrom: number | undefined;
  #sequencerFrom: number | undefined;

  /** @param rounds The first collateral's. */
  constructor(rounds: readonly Round[], maxAgeSeconds: number) {
    this.#silenceSeconds = maxAgeSeconds + STALE_SECONDS;
    const first = rounds[0]?.answer ?? 0n;
    const lowest = rounds.reduce((low, { answer }) => (answer < low ? answer : low), first);
    const timeAt = (isThere: (answer: bigint) => boolean) =>
      rounds.find(({ answer }) => isThere(answer))?.at ?? 0;
    this.#deepAt = timeAt((answer) => 4n * answer <= first + 3n * lowest);
    this.#lowestAt = timeAt((answer) => answer === lowest);
  }

  get times(): OutageTimes {
    const [feedFrom, sequencerFrom] = [this.#feedFrom, this.#sequencerFrom];
    return {
      feedFrom,
      feedUntil: feedFrom === undefined ? undefined : feedFrom + this.#silenceSeconds,
      sequencerFrom,
      sequencerUntil: sequencerFrom === undefined ? undefined : sequencerFrom + SEQUENCER_SECONDS,
    };
  }

  /** What fails after a block at `at`, if anything does. `deadlines` are those of open calls. */
  look(at: number, deadlines: readonly number[]): Failure | undefined {
    if (this.#feedFrom === undefined) {
      const isCalled = deadlines.some((deadline) => deadline > at);
      if (!(at >= this.#deepAt && isCalled) && at < this.#lowestAt + PATIENCE_SECONDS) return undefined;
      this.#feedFrom = at;
      return "feed";
    }
    if (this.#sequencerFrom !== undefined || at < this.#feedFrom + SOONEST_SECONDS) return undefined;
    if (!this.#meetsMany(at, deadlines) && at < this.#latest(this.#feedFrom)) return undefined;
    this.#sequencerFrom = at;
    return "sequencer";
  }

  /** The next moment after `at` at which something may begin or end; undefined when all is over. */
  nextAfter(at: number): number | undefined {
    const { feedFrom, feedUntil, sequencerUntil } = this.times;
    const moments =
      feedFrom === undefined
        ? [this.#deepAt, this.#lowestAt + PATIENCE_SECONDS]
        : [feedFrom + SOONEST_SECONDS, this.#latest(feedFrom), sequencerUntil, feedUntil];
    const ahead = moments.filter((moment) => moment !== undefined && moment > at) as number[];
    return ahead.length === 0 ? undefined : Math.min(...ahead);
  }

  isOver(at: number): boolean {
    const { feedUntil } = this.times;
    return feedUntil !== undefined && at >= feedUntil;
  }

  /**
   * When the vault's clock will show `deadline`: put off by as long as the sequencer was down, and where that met it,
   * to the grace afterwards.
   */
  timeOf(deadline: number, graceSeconds: number): number {
    const from = this.#sequencerFrom;
    if (from === undefined || deadline <= from) return deadline;
    return Math.max(deadline, from + graceSeconds) + SEQUENCER_SECONDS;
  }

  #meetsMany(at: number, deadlines: readonly number[]): boolean {
    const ahead = deadlines.filter((deadline) => deadline > at);
    const met = ahead.filter((deadline) => deadline <= at + SEQUENCER_SECONDS);
    return met.length > 0 && met.length * MANY_PARTS >= ahead.length;
  }

  #latest(feedFrom: number): number {
    return feedFrom + this.#silenceSeconds - LEFT_SILENT_SECONDS - SEQUENCER_SECONDS;
  }
}
