import { COLLATERALS, MEASURES, RELATIVE_ROOM, scalarAt, type Scalars } from "./scalars.ts";
import { WaitingList } from "./waitingList.ts";

/**
 * The scalars at which accounts have to be looked at again. An account whose measure is `sum` and has to stay at
 * `least` or above is safe as long as every one of its scalars is at or above its present value times `least / sum`,
 * for then the sum is too: each leg waits for that. With one collateral this is the exact price at which the account
 * crosses, with several the corner of a box that touches the threshold. In the other direction likewise.
 *
 * A leg is a number of a `LegArena`; it waits at most once a direction.
 */
export class Triggers {
  readonly #scalars: Scalars;
  /** The scalars as they were at the last `takePassed`. */
  readonly #before = new Float64Array(MEASURES * COLLATERALS).fill(NaN);
  readonly #falls = new WaitingList("fall");
  readonly #rises = new WaitingList("rise");

  constructor(scalars: Scalars) {
    this.#scalars = scalars;
  }

  /** Makes room for legs below `count`. */
  reserve(count: number): void {
    this.#falls.reserve(count);
    this.#rises.reserve(count);
  }

  /** Waits for the scalar of `leg`, of collateral `number`, to fall below `share` of what it is; at most 1. */
  waitForFall(leg: number, number: number, measure: number, share: number): void {
    const at = scalarAt(measure, number);
    const scalar = this.#scalars.now[at] ?? NaN;
    const key = scalar * share * (1 + RELATIVE_ROOM);
    this.#falls.put(leg, at, key < scalar ? key : scalar);
  }

  /** Waits for the scalar of `leg`, of collateral `number`, to rise above `share` of what it is; at least 1. */
  waitForRise(leg: number, number: number, measure: number, share: number): void {
    const at = scalarAt(measure, number);
    const scalar = this.#scalars.now[at] ?? NaN;
    // Of nothing times infinity too, which is not a number, nothing comes: what is worth nothing may be worth something.
    const key = scalar * share * (1 - RELATIVE_ROOM);
    this.#rises.put(leg, at, key > scalar ? key : scalar);
  }

  stopWaitingForFall(leg: number): void {
    this.#falls.remove(leg);
  }

  stopWaitingForRise(leg: number): void {
    this.#rises.remove(leg);
  }

  /** Takes out every leg whose scalar has passed what it waited for since the last time. */
  takePassed(taken: (leg: number) => void): void {
    for (let at = 0; at < MEASURES * COLLATERALS; ++at) {
      const now = this.#scalars.now[at] ?? NaN;
      // Nothing was or is listed there.
      if (Number.isNaN(now)) continue;
      const before = this.#before[at] ?? NaN;
      this.#falls.takePassed(at, before, now, taken);
      this.#rises.takePassed(at, before, now, taken);
      this.#before[at] = now;
    }
  }
}
