import { COLLATERALS, MEASURES } from "./scalars.ts";
import { withRoomFor } from "./withRoomFor.ts";

/** Buckets in an octave of keys: a bucket is at most 0.012 % wide, so that few who wait for later share one with now. */
const OCTAVE_BITS = 13;
/** After so many octaves the buckets come round again; who waits that far away is passed over, not taken. */
const OCTAVES = 2;
const BUCKETS = OCTAVES << OCTAVE_BITS;

/** Words of a leg: two are its key as a double, then who follows it in its bucket, then whom it follows. */
const WORDS = 4;
const NEXT = 2;
const PREVIOUS = 3;
/** Neighbours are legs plus one, zero for none, in 26 bits; above them in `NEXT` stands the scalar waited for. */
const NEIGHBOUR_BITS = 26;
const NEIGHBOUR = 2 ** NEIGHBOUR_BITS - 1;
/** In `PREVIOUS`: waits for nothing. */
const IDLE = 0xffffffff;

/** A key and its bits. */
const key64 = new Float64Array(1);
const key32 = new Uint32Array(key64.buffer);
const HIGH_WORD = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 1 : 0;

/**
 * Legs that wait for a scalar to fall below, or to rise above, their key. Each scalar has buckets of keys, by the first
 * bits of the key as a double, which are in the order of the keys. When a scalar moves, the buckets it passed are gone
 * through; nothing else is looked at. Putting and removing a leg is a few writes, however many there are.
 *
 * A leg waits for one scalar at most, and never for what has been: no key is above the present scalar where a fall is
 * waited for, none below it where a rise is.
 */
export class WaitingList {
  readonly #isFall: boolean;
  /** By scalar and bucket the first leg, plus one. */
  readonly #heads = new Uint32Array(MEASURES * COLLATERALS * BUCKETS);
  /** All words of a leg side by side, for memory is what this waits for; `#keys` is another view of them. */
  #words = new Uint32Array(0);
  #keys = new Float64Array(0);
  #room = 0;

  constructor(direction: "fall" | "rise") {
    this.#isFall = direction === "fall";
  }

  /** Makes room for legs below `count`. */
  reserve(count: number): void {
    if (count <= this.#room) return;
    if (count > NEIGHBOUR) throw new RangeError(`${count} are more legs than there can be`);
    const words = withRoomFor(this.#words, count * WORDS);
    this.#words = words;
    this.#keys = new Float64Array(words.buffer, 0, words.length / 2);
    const room = Math.floor(words.length / WORDS);
    for (let leg = this.#room; leg < room; ++leg) words[leg * WORDS + PREVIOUS] = IDLE;
    this.#room = room;
  }

  /** Has `leg` wait for the scalar numbered `scalar` to pass `key`, and for nothing else. */
  put(leg: number, scalar: number, key: number): void {
    this.remove(leg);
    const words = this.#words;
    const head = scalar * BUCKETS + (stepOf(key) & (BUCKETS - 1));
    const follower = this.#heads[head] ?? 0;
    this.#keys[leg * 2] = key;
    words[leg * WORDS + NEXT] = (scalar << NEIGHBOUR_BITS) | follower;
    words[leg * WORDS + PREVIOUS] = 0;
    if (follower !== 0) words[(follower - 1) * WORDS + PREVIOUS] = leg + 1;
    this.#heads[head] = leg + 1;
  }

  /** Has `leg` wait no longer, if it does. */
  remove(leg: number): void {
    const words = this.#words;
    const previous = words[leg * WORDS + PREVIOUS] ?? IDLE;
    if (previous === IDLE) return;
    words[leg * WORDS + PREVIOUS] = IDLE;
    const word = words[leg * WORDS + NEXT] ?? 0;
    const next = word & NEIGHBOUR;
    const scalar = word >>> NEIGHBOUR_BITS;
    if (next !== 0) words[(next - 1) * WORDS + PREVIOUS] = previous;
    if (previous !== 0) words[(previous - 1) * WORDS + NEXT] = word;
    else this.#heads[scalar * BUCKETS + (stepOf(this.#keys[leg * 2] ?? NaN) & (BUCKETS - 1))] = next;
  }

  /** Takes out every leg that a move of the scalar numbered `scalar`, from `before` to `now`, has passed. */
  takePassed(scalar: number, before: number, now: number, taken: (leg: number) => void): void {
    if (this.#isFall ? now >= before : now <= before) return;
    const low = stepOf(this.#isFall ? now : before);
    const high = Math.min(stepOf(this.#isFall ? before : now), low + BUCKETS - 1);
    for (let step = low; step <= high; ++step) {
      let leg = (this.#heads[scalar * BUCKETS + (step & (BUCKETS - 1))] ?? 0) - 1;
      while (leg >= 0) {
        const next = ((this.#words[leg * WORDS + NEXT] ?? 0) & NEIGHBOUR) - 1;
        const key = this.#keys[leg * 2] ?? NaN;
        if (this.#isFall ? key > now : key < now) {
          this.remove(leg);
          taken(leg);
        }
        leg = next;
      }
    }
  }
}

/** Which bucket a key falls into before they come round: its exponent and the first bits after it. */
function stepOf(key: number): number {
  key64[0] = key;
  return (key32[HIGH_WORD] ?? 0) >>> (20 - OCTAVE_BITS);
}
