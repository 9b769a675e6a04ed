import { withRoomFor } from "./withRoomFor.ts";

/** Where items are in their heap, plus one; zero for nowhere. Heaps that never hold the same item may share it. */
export class HeapPlaces {
  at = new Uint32Array(0);

  /** Makes room for items below `count`. */
  reserve(count: number): void {
    this.at = withRoomFor(this.at, count);
  }
}

/** Four children a node: half the depth of a binary heap, and a node's children lie in one cache line. */
const CHILDREN = 4;

/**
 * Numbered items in the order of their keys, least first, each at most once. Putting, moving and removing one costs
 * the logarithm of their number; looking at the first costs nothing. Items have to be below the room in `places`.
 */
export class KeyedHeap {
  readonly #places: HeapPlaces;
  #keys = new Float64Array(0);
  #items = new Uint32Array(0);
  #size = 0;

  constructor(places: HeapPlaces) {
    this.#places = places;
  }

  get size(): number {
    return this.#size;
  }

  /** The least key; infinity when there is none. */
  get firstKey(): number {
    return this.#size === 0 ? Infinity : (this.#keys[0] ?? NaN);
  }

  /** The item of the least key; undefined when there is none. */
  get first(): number | undefined {
    return this.#size === 0 ? undefined : this.#items[0];
  }

  has(item: number): boolean {
    return (this.#places.at[item] ?? 0) !== 0;
  }

  /** Adds `item`, or moves it to its new key. */
  put(item: number, key: number): void {
    const place = (this.#places.at[item] ?? 0) - 1;
    if (place < 0) {
      this.#keys = withRoomFor(this.#keys, this.#size + 1);
      this.#items = withRoomFor(this.#items, this.#size + 1);
      this.#rise(this.#size++, item, key);
    } else if (key < (this.#keys[place] ?? NaN)) this.#rise(place, item, key);
    else this.#sink(place, item, key);
  }

  /** Takes `item` out; nothing happens when it is not in. */
  remove(item: number): void {
    const place = (this.#places.at[item] ?? 0) - 1;
    if (place < 0) return;
    this.#places.at[item] = 0;
    this.#size -= 1;
    if (place === this.#size) return;
    const key = this.#keys[this.#size] ?? NaN;
    const last = this.#items[this.#size] ?? 0;
    if (key < (this.#keys[place] ?? NaN)) this.#rise(place, last, key);
    else this.#sink(place, last, key);
  }

  /** Takes out the item of the least key and returns it; there has to be one. */
  pop(): number {
    const item = this.#items[0] ?? 0;
    this.remove(item);
    return item;
  }

  #rise(from: number, item: number, key: number): void {
    const keys = this.#keys;
    const items = this.#items;
    const { at } = this.#places;
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >>> 2;
      const parentKey = keys[parent] ?? 0;
      if (parentKey <= key) break;
      const parentItem = items[parent] ?? 0;
      keys[place] = parentKey;
      items[place] = parentItem;
      at[parentItem] = place + 1;
      place = parent;
    }
    keys[place] = key;
    items[place] = item;
    at[item] = place + 1;
  }

  #sink(from: number, item: number, key: number): void {
    const keys = this.#keys;
    const items = this.#items;
    const { at } = this.#places;
    const size = this.#size;
    let place = from;
    for (;;) {
      const firstChild = place * CHILDREN + 1;
      if (firstChild >= size) break;
      const end = firstChild + CHILDREN < size ? firstChild + CHILDREN : size;
      let least = firstChild;
      let leastKey = keys[firstChild] ?? 0;
      for (let child = firstChild + 1; child < end; ++child) {
        const childKey = keys[child] ?? 0;
        if (childKey < leastKey) {
          least = child;
          leastKey = childKey;
        }
      }
      if (leastKey >= key) break;
      const leastItem = items[least] ?? 0;
      keys[place] = leastKey;
      items[place] = leastItem;
      at[leastItem] = place + 1;
      place = least;
    }
    keys[place] = key;
    items[place] = item;
    at[item] = place + 1;
  }
}
