import { FLOOR_STEP_SECONDS, nextFloorBps } from "../../sdk/floorRamp.ts";
import { POKED_ROUNDS } from "../../sdk/volatility.ts";
import type { Action } from "../policy/action.ts";
import { LEAST_MOVE_BPS, type AllWeights, type PokeView } from "../policy/poke.ts";
import type { PokeSeen } from "../sources/gauges.ts";

/** After a poke that did not bring about what was announced, the next waits so long, twice as long each time. */
const PATIENCE_SECONDS = 3_600n;
const LONGEST_SECONDS = 86_400n;
const PHASE_BITS = 64n;

/** What one poke was announced to do, and the vault's weights before it. */
interface Announced {
  readonly seen: PokeSeen;
  readonly view: PokeView;
  readonly before: AllWeights;
}

/** What is left alone after so many pokes in a row that were in vain, unix seconds of block time. */
interface Rest {
  readonly failures: bigint;
  readonly until: bigint;
}

/** A liquidation weight as last seen, and when it was last lowered as far as is known, unix seconds of block time. */
interface Floor {
  readonly bps: bigint;
  readonly loweredAt: bigint;
}

/** What has become of the vault and a gauge when a poke is mined, by logs and receipts. */
export interface PokeOutcome {
  /** The weights in the vault now, by number. */
  readonly collaterals: readonly AllWeights[];
  readonly measuredRoundId: bigint | undefined;
}

/**
 * Remembers what pokes were for, so that one that changes nothing is not sent at every block: a feed may have no round
 * to read, a configurator may follow another gauge than the deployment says, and an endpoint may lie, anew each time.
 * So only the vault's own weights and the receipt say what came of one. One poke is on its way at a time.
 *
 * When a liquidation weight was last lowered the configurator does not say. Whoever did it, its next step is a day after
 * it was seen lower or a poke for it was mined; after a start one may be tried in vain.
 */
export class PokeBook {
  readonly #rests = new Map<number, Rest>();
  readonly #floors = new Map<number, Floor>();
  /** The last rounds that gauges have read, by receipts. */
  readonly #measured = new Map<number, bigint>();
  #announced: Announced | undefined;
  #wanted: Announced | undefined;

  /** What an endpoint says, at a block of that time in which the vault's weights are those of `collaterals`. */
  viewOf(
    seen: PokeSeen | undefined,
    timestamp: bigint,
    collaterals: readonly AllWeights[],
  ): PokeView | undefined {
    this.#announced = undefined;
    const before = seen && collaterals[seen.number];
    if (seen === undefined || before === undefined) return undefined;
    const { number, own, gaugeRoundId, latestRoundId } = seen;
    const after = { ...seen.after, liquidationBps: this.#floorAfter(seen, timestamp) };
    const isVain = timestamp < (this.#rests.get(number)?.until ?? 0n);
    const hasNewPhase = latestRoundId >> PHASE_BITS > gaugeRoundId >> PHASE_BITS;
    const roundsBehind = hasNewPhase ? Infinity : Math.max(0, Number(latestRoundId - gaugeRoundId));
    const view = { number, after, own, roundsBehind, isVain };
    this.#announced = { seen, view, before };
    return view;
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
    if (actions.some(({ duty }) => duty === "poke")) this.#wanted = this.#announced;
  }

  /** A poke has been mined or has reverted in a block of that time. */
  settled(timestamp: bigint, outcome: PokeOutcome): void {
    const wanted = this.#wanted;
    this.#wanted = undefined;
    if (wanted === undefined) return;
    const { number, liquidationBps, own } = wanted.seen;
    this.#judge(number, this.#hasCome(wanted, outcome), timestamp);
    if (outcome.measuredRoundId !== undefined) this.#measured.set(number, outcome.measuredRoundId);
    const floor = this.#floors.get(number);
    if (floor === undefined || own.liquidationBps >= liquidationBps) return;
    if (timestamp - floor.loweredAt >= FLOOR_STEP_SECONDS)
      this.#floors.set(number, { ...floor, loweredAt: timestamp });
  }

  #judge(number: number, hasCome: boolean | undefined, timestamp: bigint): void {
    if (hasCome === undefined) return;
    if (hasCome) {
      this.#rests.delete(number);
      return;
    }
    const failures = (this.#rests.get(number)?.failures ?? 0n) + 1n;
    const doubled = PATIENCE_SECONDS << (failures - 1n);
    const seconds = doubled < LONGEST_SECONDS ? doubled : LONGEST_SECONDS;
    this.#rests.set(number, { failures, until: timestamp + seconds });
  }

  /**
   * Whether half of what was announced came about: a round or another's poke may come in between. Undefined where
   * nothing but the liquidation weight was to move, which is tried once a day and no oftener.
   */
  #hasCome({ seen, view, before }: Announced, outcome: PokeOutcome): boolean | undefined {
    const { number, after, roundsBehind } = view;
    const now = outcome.collaterals[number] ?? before;
    const announced = movesOf(before, after);
    const isLarge = announced.some((move) => move >= LEAST_MOVE_BPS || move <= -LEAST_MOVE_BPS);
    if (!isLarge && after.liquidationBps < before.liquidationBps) return undefined;
    const actual = movesOf(before, now);
    const least = isLarge ? LEAST_MOVE_BPS : 1n;
    const hasMoved = announced.some((move, i) => isHalf(actual[i] ?? 0n, move, least));
    // Where weights were to move, rounds that come anyway are no excuse.
    return hasMoved || (!isLarge && this.#hasRead(seen, roundsBehind, outcome));
  }

  /** A gauge that was said to have read less than it is known to have does not look better by it. */
  #hasRead(
    { number, gaugeRoundId }: PokeSeen,
    roundsBehind: number,
    { measuredRoundId }: PokeOutcome,
  ): boolean {
    if (measuredRoundId === undefined || roundsBehind === 0) return false;
    const known = this.#measured.get(number) ?? 0n;
    const read = measuredRoundId - (known > gaugeRoundId ? known : gaugeRoundId);
    return 2n * read >= BigInt(Math.min(roundsBehind, POKED_ROUNDS));
  }
}

/** How far the two weights that an endpoint speaks of are from `before` to `after`, bps. */
function movesOf(before: AllWeights, after: AllWeights): readonly bigint[] {
  return [after.initialBps - before.initialBps, after.maintenanceBps - before.maintenanceBps];
}

/** Whether a weight that was to move by `announced`, and by no less than `least`, has gone half of that way. */
function isHalf(actual: bigint, announced: bigint, least: bigint): boolean {
  const [done, wanted] = announced < 0n ? [-actual, -announced] : [actual, announced];
  return wanted >= least && 2n * done >= wanted;
}
