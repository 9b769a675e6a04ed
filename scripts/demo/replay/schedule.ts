/** What decides how far the chain's clock moves with the next block. All times are unix seconds of the chain. */
export interface Moment {
  readonly now: number;
  /** The next round of a feed; undefined after the last. */
  readonly nextRoundAt: number | undefined;
  /** When a feed must repeat its answer lest it grow too old. */
  readonly nextRefreshAt: number;
  /** The next thing a trader means to do. */
  readonly nextPlanAt: number | undefined;
  /** Of the open calls, the next to end. */
  readonly nextDeadlineAt: number | undefined;
  /** When a feed or the sequencer fails or comes back; undefined without an outage to come. */
  readonly nextOutageAt: number | undefined;
  readonly mood: Mood;
}

/**
 * `busy`: somebody must act, an auction runs, or prices have just moved with calls open. `waiting`: calls are open and
 * nothing else. `quiet`: no call is open and no account is callable or liquidatable, so nothing can happen before the
 * next round.
 */
export type Mood = "busy" | "waiting" | "quiet";

/** Near the crash the chain has a block at least so often. */
export const BUSY_SECONDS = 60;
const LONGEST_WAITING_SECONDS = 300;
/** While calls are open and nothing else happens, a replay of any length has about so many blocks. */
const WAITING_BLOCKS = 600;

/**
 * When the next block comes. Never later than a round, a deadline, a trader's plan or an outage; after the last round
 * open calls have nothing else to wait for, but for a keeper that is late.
 */
export function nextBlockAt(moment: Moment, waitingSeconds: number): number {
  const { now, mood, nextRoundAt, nextRefreshAt, nextPlanAt, nextDeadlineAt, nextOutageAt } = moment;
  const waiting = nextRoundAt === undefined ? Infinity : waitingSeconds;
  const step = mood === "busy" ? BUSY_SECONDS : mood === "waiting" ? waiting : Infinity;
  const moments = [nextRoundAt, nextRefreshAt, nextPlanAt, nextDeadlineAt, nextOutageAt].filter(
    (at) => at !== undefined,
  );
  const next = Math.min(now + step, ...moments.filter((at) => at > now));
  return next === Infinity ? now + waitingSeconds : next;
}

/** The step while calls wait: a minute in short replays, up to five in long ones. */
export function waitingSecondsOf(replaySeconds: number): number {
  const even = Math.round(replaySeconds / WAITING_BLOCKS);
  return Math.min(Math.max(even, BUSY_SECONDS), LONGEST_WAITING_SECONDS);
}
