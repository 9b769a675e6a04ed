import type { Action } from "../policy/action.ts";
import type { PokeView } from "../policy/poke.ts";
import type { PokeSeen } from "../sources/gauges.ts";

/** A poke that would do the same as the one before it waits so long, in block time. */
const PATIENCE_SECONDS = 3_600n;
const PHASE_BITS = 64n;

interface Done {
  readonly seen: PokeSeen;
  readonly at: bigint;
}

/**
 * Remembers what pokes were for, so that one that changes nothing is not sent at every block: a feed may have no round
 * to read, and a configurator may follow another gauge than the deployment says. One poke is on its way at a time.
 */
export class PokeBook {
  readonly #done = new Map<number, Done>();
  #seen: PokeSeen | undefined;
  #wanted: PokeSeen | undefined;

  /** What an endpoint says, at a block of that time. */
  viewOf(seen: PokeSeen | undefined, timestamp: bigint): PokeView | undefined {
    this.#seen = seen;
    if (seen === undefined) return undefined;
    const { number, after, gaugeRoundId, latestRoundId } = seen;
    const done = this.#done.get(number);
    const isVain = done !== undefined && timestamp - done.at < PATIENCE_SECONDS && isSame(done.seen, seen);
    const hasNewPhase = latestRoundId >> PHASE_BITS > gaugeRoundId >> PHASE_BITS;
    const roundsBehind = hasNewPhase ? Infinity : Math.max(0, Number(latestRoundId - gaugeRoundId));
    return { number, after, roundsBehind, isVain };
  }

  /** What was decided on the last view. */
  decided(actions: readonly Action[]): void {
    if (actions.some(({ duty }) => duty === "poke")) this.#wanted = this.#seen;
  }

  /** A poke has been mined, whatever came of it, in a block of that time. */
  settled(timestamp: bigint): void {
    if (this.#wanted !== undefined)
      this.#done.set(this.#wanted.number, { seen: this.#wanted, at: timestamp });
    this.#wanted = undefined;
  }
}

function isSame(a: PokeSeen, b: PokeSeen): boolean {
  return (
    a.gaugeRoundId === b.gaugeRoundId &&
    a.after.initialBps === b.after.initialBps &&
    a.after.maintenanceBps === b.after.maintenanceBps
  );
}
