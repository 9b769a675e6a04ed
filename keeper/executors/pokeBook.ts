import { FLOOR_STEP_SECONDS, nextFloorBps } from "../../sdk/floorRamp.ts";
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

/** A liquidation weight as last seen, and when it was last lowered as far as is known, unix seconds of block time. */
interface Floor {
  readonly bps: bigint;
  readonly loweredAt: bigint;
}

/**
 * Remembers what pokes were for, so that one that changes nothing is not sent at every block: a feed may have no round
 * to read, and a configurator may follow another gauge than the deployment says. One poke is on its way at a time.
 *
 * When a liquidation weight was last lowered the configurator does not say. Whoever did it, its next step is a day after
 * it was seen lower or a poke for it was mined; after a start one may be tried in vain.
 */
export class PokeBook {
  readonly #done = new Map<number, Done>();
  readonly #floors = new Map<number, Floor>();
  #seen: PokeSeen | undefined;
  #wanted: PokeSeen | undefined;

  /** What an endpoint says, at a block of that time. */
  viewOf(seen: PokeSeen | undefined, timestamp: bigint): PokeView | undefined {
    this.#seen = seen;
    if (seen === undefined) return undefined;
    const { number, own, gaugeRoundId, latestRoundId } = seen;
    const after = { ...seen.after, liquidationBps: this.#floorAfter(seen, timestamp) };
    const done = this.#done.get(number);
    const isVain = done !== undefined && timestamp - done.at < PATIENCE_SECONDS && isSame(done.seen, seen);
    const hasNewPhase = latestRoundId >> PHASE_BITS > gaugeRoundId >> PHASE_BITS;
    const roundsBehind = hasNewPhase ? Infinity : Math.max(0, Number(latestRoundId - gaugeRoundId));
    return { number, after, own, roundsBehind, isVain };
  }

  #floorAfter({ number, after, own, liquidationBps: present }: PokeSeen, timestamp: bigint): bigint {
    const known = this.#floors.get(number);
    const isLower = known !== undefined && present < known.bps;
    const loweredAt = isLower ? timestamp : (known?.loweredAt ?? 0n);
    this.#floors.set(number, { bps: present, loweredAt });
    if (timestamp - loweredAt < FLOOR_STEP_SECONDS) return present;
    return nextFloorBps(present, own.liquidationBps, after.maintenanceBps);
  }

  /** What was decided on the last view. */
  decided(actions: readonly Action[]): void {
    if (actions.some(({ duty }) => duty === "poke")) this.#wanted = this.#seen;
  }

  /** A poke has been mined, whatever came of it, in a block of that time. */
  settled(timestamp: bigint): void {
    const wanted = this.#wanted;
    this.#wanted = undefined;
    if (wanted === undefined) return;
    const { number, liquidationBps, own } = wanted;
    this.#done.set(number, { seen: wanted, at: timestamp });
    const floor = this.#floors.get(number);
    if (floor === undefined || own.liquidationBps >= liquidationBps) return;
    if (timestamp - floor.loweredAt >= FLOOR_STEP_SECONDS)
      this.#floors.set(number, { ...floor, loweredAt: timestamp });
  }
}

function isSame(a: PokeSeen, b: PokeSeen): boolean {
  return (
    a.gaugeRoundId === b.gaugeRoundId &&
    a.after.initialBps === b.after.initialBps &&
    a.after.maintenanceBps === b.after.maintenanceBps
  );
}
