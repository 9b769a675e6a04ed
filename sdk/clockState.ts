import { elapsedSince } from "./callClock.ts";
import type { Moment } from "./vaultTypes.ts";

/** The protocol's clock at a block, with what tells how it goes on. Times other than the moment's are block time. */
export interface ClockState {
  /** Of the block at which it was read. */
  readonly timestamp: bigint;
  readonly moment: Moment;
  /** When a pause ends or ended by itself; zero if there never was one. */
  readonly callingPausedUntil: bigint;
  readonly liquidationPausedUntil: bigint;
  readonly isSequencerDown: boolean;
}

/** Why the clock stands still. An outage counts before pauses, for nobody knows when it ends. */
export type Stop = "sequencerDown" | "callingPaused" | "liquidationPaused";

/** Block time, and whether that is certain; otherwise it is the latest that it can be. */
export interface PastTime {
  readonly timestamp: bigint;
  readonly isExact: boolean;
}

/** A clock that has never stood still, at `uptime`. */
export function unstoppedMoment(uptime: bigint): Moment {
  return {
    uptime,
    protectedFrom: 0n,
    protectedUntil: 0n,
    earlierFrom: 0n,
    earlierUntil: 0n,
    isCallingPaused: false,
    isLiquidationPaused: false,
  };
}

/** An answer of `clock.read()` without what a decoder adds to it. */
export function momentFrom(answer: Moment): Moment {
  const { uptime, protectedFrom, protectedUntil, earlierFrom, earlierUntil } = answer;
  const { isCallingPaused, isLiquidationPaused } = answer;
  return {
    uptime,
    protectedFrom,
    protectedUntil,
    earlierFrom,
    earlierUntil,
    isCallingPaused,
    isLiquidationPaused,
  };
}

/** Whether the uptime feed's latest round stops the clock, `UptimeClock._round`: a feed that talks nonsense does not. */
export function saysDown(roundId: bigint, answer: bigint, startedAt: bigint): boolean {
  return roundId !== 0n && roundId < 1n << 80n && startedAt !== 0n && answer === 1n;
}

/** What the clock stands still for; undefined while it runs. */
export function stopOf(clock: ClockState): Stop | undefined {
  const { timestamp, callingPausedUntil, liquidationPausedUntil } = clock;
  if (clock.isSequencerDown) return "sequencerDown";
  if (pauseEnd(clock) === timestamp) return undefined;
  return callingPausedUntil >= liquidationPausedUntil ? "callingPaused" : "liquidationPaused";
}

/** When the last running pause ends; the block's own time when none runs. */
export function pauseEnd({ timestamp, callingPausedUntil, liquidationPausedUntil }: ClockState): bigint {
  const end = callingPausedUntil > liquidationPausedUntil ? callingPausedUntil : liquidationPausedUntil;
  return end > timestamp ? end : timestamp;
}

/**
 * The clock at a later block time, as far as it can be known: no new stop, no early end of a pause, and an outage that
 * goes on. Pauses are as they are now: one that ends in between still refuses in a block that comes early.
 */
export function momentAt(clock: ClockState, timestamp: bigint): Moment {
  const run = clock.isSequencerDown ? 0n : elapsedSince(pauseEnd(clock), timestamp);
  return { ...clock.moment, uptime: clock.moment.uptime + run };
}

/**
 * The first block time at which the clock will show `uptime`, under the same assumptions; the block's own for one that
 * it shows already. Undefined during an outage, whose end nobody knows.
 */
export function timeOf(clock: ClockState, uptime: bigint): bigint | undefined {
  if (uptime <= clock.moment.uptime) return clock.timestamp;
  return clock.isSequencerDown ? undefined : pauseEnd(clock) + uptime - clock.moment.uptime;
}

/**
 * The block time at which the clock showed `uptime`, which is not ahead. Every stop up to now is taken to have been
 * before it, which is certain only for an uptime at or after the end of the last protection.
 */
export function pastTimeOf({ timestamp, moment }: ClockState, uptime: bigint): PastTime {
  const downtime = timestamp - moment.uptime;
  return { timestamp: uptime + downtime, isExact: downtime === 0n || uptime >= moment.protectedUntil };
}
