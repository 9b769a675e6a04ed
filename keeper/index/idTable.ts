import { randomInt } from "node:crypto";
import type { AccountId } from "../../sdk/accountId.ts";
import { withRoomFor } from "./withRoomFor.ts";

/** 32-bit words of an account's id. */
export const ID_WORDS = 8;
const LEAST_BUCKETS = 64;

/**
 * Which slot holds an account: open addressing over 32-byte ids. Nobody can choose ids that collide, for the hash
 * begins with a number of this process's own.
 */
export class IdTable {
  readonly #seed = randomInt(2 ** 32) >>> 0;
  readonly #wanted = new Uint32Array(ID_WORDS);
  #ids: Uint32Array<ArrayBuffer>;
  /** A slot plus one; zero for none. The length is a power of two. */
  #buckets = new Uint32Array(LEAST_BUCKETS);
  #size = 0;

  /** `ids` are those of slots 0 to `count` - 1, all in use; the table keeps the array. */
  constructor(ids = new Uint32Array(0), count = 0) {
    this.#ids = ids;
    let length = LEAST_BUCKETS;
    while (isCrowded(count, length)) length *= 2;
    this.#buckets = new Uint32Array(length);
    for (let slot = 0; slot < count; ++slot) this.#enter(slot);
    this.#size = count;
  }

  /** The slot of `id`; undefined for an unknown one. */
  slotOf(id: AccountId): number | undefined {
    parseInto(this.#wanted, id);
    const buckets = this.#buckets;
    const mask = buckets.length - 1;
    for (let bucket = this.#hash(this.#wanted, 0) & mask; ; bucket = (bucket + 1) & mask) {
      const slot = (buckets[bucket] ?? 0) - 1;
      if (slot < 0) return undefined;
      if (this.#isWantedAt(slot)) return slot;
    }
  }

  idOf(slot: number): AccountId {
    let digits = "";
    for (let word = 0; word < ID_WORDS; ++word) {
      digits += (this.#ids[slot * ID_WORDS + word] ?? 0).toString(16).padStart(8, "0");
    }
    return `0x${digits}`;
  }

  /** The words of a slot's id; valid until the next `add`. */
  wordsOf(slot: number): Uint32Array {
    return this.#ids.subarray(slot * ID_WORDS, (slot + 1) * ID_WORDS);
  }

  /** Enters `id`, which has to be unknown, for `slot`. */
  add(id: AccountId, slot: number): void {
    this.#ids = withRoomFor(this.#ids, (slot + 1) * ID_WORDS);
    parseInto(this.#wanted, id);
    this.#ids.set(this.#wanted, slot * ID_WORDS);
    this.#size += 1;
    if (isCrowded(this.#size, this.#buckets.length)) this.#widen();
    this.#enter(slot);
  }

  /** Removes the entry for `slot`, which has to be in. */
  remove(slot: number): void {
    const buckets = this.#buckets;
    const mask = buckets.length - 1;
    let hole = this.#hash(this.#ids, slot * ID_WORDS) & mask;
    while (buckets[hole] !== slot + 1) hole = (hole + 1) & mask;
    // What follows without a gap moves up when its own place is at or before the hole, so that no search ends early.
    for (let bucket = (hole + 1) & mask; buckets[bucket] !== 0; bucket = (bucket + 1) & mask) {
      const entry = buckets[bucket] ?? 0;
      const home = this.#hash(this.#ids, (entry - 1) * ID_WORDS) & mask;
      if (((bucket - home) & mask) < ((bucket - hole) & mask)) continue;
      buckets[hole] = entry;
      hole = bucket;
    }
    buckets[hole] = 0;
    this.#size -= 1;
  }

  #widen(): void {
    const entries = this.#buckets;
    this.#buckets = new Uint32Array(entries.length * 2);
    for (const entry of entries) if (entry !== 0) this.#enter(entry - 1);
  }

  #enter(slot: number): void {
    const buckets = this.#buckets;
    const mask = buckets.length - 1;
    let bucket = this.#hash(this.#ids, slot * ID_WORDS) & mask;
    while (buckets[bucket] !== 0) bucket = (bucket + 1) & mask;
    buckets[bucket] = slot + 1;
  }

  #isWantedAt(slot: number): boolean {
    const from = slot * ID_WORDS;
    for (let word = 0; word < ID_WORDS; ++word) {
      if (this.#ids[from + word] !== this.#wanted[word]) return false;
    }
    return true;
  }

  /** MurmurHash3's steps, word by word. */
  #hash(words: Uint32Array, from: number): number {
    let hash = this.#seed;
    for (let word = 0; word < ID_WORDS; ++word) {
      let mixed = Math.imul(words[from + word] ?? 0, 0xcc9e2d51);
      mixed = (mixed << 15) | (mixed >>> 17);
      hash ^= Math.imul(mixed, 0x1b873593);
      hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64;
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return (hash ^ (hash >>> 16)) >>> 0;
  }
}

/** Chains stay short below two thirds. */
function isCrowded(size: number, buckets: number): boolean {
  return size * 3 > buckets * 2;
}

function parseInto(words: Uint32Array, id: AccountId): void {
  for (let word = 0; word < ID_WORDS; ++word) {
    let value = 0;
    for (let digit = 2 + word * 8; digit < 10 + word * 8; ++digit) {
      const code = id.charCodeAt(digit);
      // "0" is 48 and "a" is 97; an `AccountId` is lower case.
      value = (value << 4) | (code < 58 ? code - 48 : code - 87);
    }
    words[word] = value;
  }
}
