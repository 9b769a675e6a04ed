import { timeOf, type ClockState } from "../../sdk/clockState.ts";
import { HeapPlaces, KeyedHeap } from "./keyedHeap.ts";

/** Why the keeper wakes, what its subject is and by which clock it goes. */
export const MOMENTS = {
  /** An account's deadline passes, or the window of its auction ends. */
  call: "uptime",
  /** An account's auction begins to pay for being taken. */
  auction: "uptime",
  /** A collateral's price ceases to be fresh; the subject is the collateral's number. */
  feedStale: "timestamp",
  /** A collateral's price ceases to count; the subject is the collateral's number. */
  feedDead: "timestamp",
} as const;
export type MomentKind = keyof typeof MOMENTS;

/** Something that time alone will change. */
export interface Due {
  readonly kind: MomentKind;
  readonly subject: number;
  /** Block time, seconds since 1970; what is overdue is due now. */
  readonly at: bigint;
}

const KINDS = Object.keys(MOMENTS) as MomentKind[];

/**
 * Everything that time alone will change, each subject at most once a kind, soonest first: the keeper sleeps until the
 * next of them instead of asking. Times are of the clock of their kind; `next` makes block time of them.
 */
export class Moments {
  readonly #heaps = Object.fromEntries(
    KINDS.map((kind) => {
      const places = new HeapPlaces();
      return [kind, { places, heap: new KeyedHeap(places) }];
    }),
  ) as Record<MomentKind, { readonly places: HeapPlaces; readonly heap: KeyedHeap }>;

  /** Wakes for `subject` at `at`, by the clock of `kind`, instead of when it was to before. */
  set(kind: MomentKind, subject: number, at: bigint | number): void {
    const { places, heap } = this.#heaps[kind];
    places.reserve(subject + 1);
    heap.put(subject, Number(at));
  }

  clear(kind: MomentKind, subject: number): void {
    this.#heaps[kind].heap.remove(subject);
  }

  /** How many subjects of `kind` wait. */
  count(kind: MomentKind): number {
    return this.#heaps[kind].heap.size;
  }

  /** Takes out every subject of `kind` whose time is at or before `now`, by the clock of `kind`. */
  takeDue(kind: MomentKind, now: bigint | number, taken: (subject: number) => void): void {
    const { heap } = this.#heaps[kind];
    const limit = Number(now);
    while (heap.firstKey <= limit) taken(heap.pop());
  }

  /**
   * The soonest moment, as far as the clock can be foreseen. Undefined when nothing waits, or nothing but what goes by
   * uptime while nobody knows when that goes on.
   */
  next(clock: ClockState): Due | undefined {
    let next: Due | undefined;
    for (const kind of KINDS) {
      const { heap } = this.#heaps[kind];
      const subject = heap.first;
      if (subject === undefined) continue;
      const at = blockTimeOf(BigInt(heap.firstKey), MOMENTS[kind], clock);
      if (at !== undefined && (next === undefined || at < next.at)) next = { kind, subject, at };
    }
    return next;
  }
}

function blockTimeOf(at: bigint, by: (typeof MOMENTS)[MomentKind], clock: ClockState): bigint | undefined {
  if (by === "uptime") return timeOf(clock, at);
  return at > clock.timestamp ? at : clock.timestamp;
}
