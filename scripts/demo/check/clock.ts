/*
 * The demo's own account of the clock by which calls and auctions run, from rule 6 of the design page and from nothing
 * else. It is worked out anew for every block from the whole history of the uptime feed, where the contract folds what
 * it learns into a few words: an error would have to be made twice, and differently, to stay hidden.
 */
import type { AccountFacts, SequencerRound } from "./facts.ts";

/** The clock as one block sees it. */
export interface CheckClock {
  /** Seconds since 1970 without those in which the sequencer was down. */
  readonly uptime: bigint;
  /** In time order. */
  readonly stops: readonly Stop[];
  /** What an open deadline has at least after a stop. */
  readonly graceSeconds: bigint;
}

/** Time in which nothing could be included, up to the block's. */
export interface Stop {
  /** Unix seconds. */
  readonly from: bigint;
  readonly until: bigint;
  /** What the clock shows all the while. */
  readonly uptime: bigint;
  readonly isOver: boolean;
}

/** The clock in a block at `at`. Rounds must be in order; what happens after the block counts for nothing. */
export function clockAt(at: bigint, rounds: readonly SequencerRound[], graceSeconds: bigint): CheckClock {
  const stops: Stop[] = [];
  let [downSince, stood]: [bigint | undefined, bigint] = [undefined, 0n];
  const stop = (from: bigint, until: bigint, isOver: boolean) => {
    stops.push({ from, until, uptime: from - stood, isOver });
    stood += until - from;
  };
  for (const { isDown, startedAt } of rounds) {
    if (startedAt > at) break;
    if (isDown) downSince ??= startedAt;
    else if (downSince !== undefined) {
      stop(downSince, startedAt, true);
      downSince = undefined;
    }
  }
  if (downSince !== undefined) stop(downSince, at, false);
  return { uptime: at - stood, stops, graceSeconds };
}

/** The account with deadline and start of the auction as the clock has them: put off by the stops they met. */
export function inForce(account: AccountFacts, clock: CheckClock): AccountFacts {
  if (account.deadline === 0n) return account;
  const deadline = deadlineInForce(account.deadline, clock);
  // The auction begins at the deadline, or began again with a take after it.
  const auctionStart = account.auctionStart > deadline ? account.auctionStart : deadline;
  return { ...account, deadline, auctionStart };
}

/** A deadline still open when the clock stopped has the grace when it goes on. Both in uptime. */
export function deadlineInForce(deadline: bigint, { stops, graceSeconds }: CheckClock): bigint {
  return stops.reduce((put, { uptime }) => {
    const least = uptime + graceSeconds;
    return put > uptime && put < least ? least : put;
  }, deadline);
}

/** When the clock shows `uptime`, unix seconds; while it stands, as if it went on now. */
export function timeOf(uptime: bigint, { stops }: CheckClock): bigint {
  return stops.reduce((time, stop) => (uptime > stop.uptime ? time + stop.until - stop.from : time), uptime);
}
