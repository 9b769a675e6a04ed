type Numbers = Uint8Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

const LEAST = 64;
const GROWTH = 1.25;

/**
 * `array`, or one a quarter longer in its place when it has no room for `length` numbers; what is new is zero. The old
 * one is then empty: its memory is given back at once, which the garbage collector would leave lying about for long.
 */
export function withRoomFor<Array extends Numbers>(array: Array, length: number): Array {
  if (length <= array.length) return array;
  const Kind = array.constructor as new (buffer: ArrayBuffer) => Array;
  const longer = Math.max(length, Math.ceil(array.length * GROWTH), LEAST);
  return new Kind(array.buffer.transfer(longer * array.BYTES_PER_ELEMENT));
}
