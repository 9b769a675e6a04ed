type Numbers = Uint8Array | Uint32Array | Float64Array;

const LEAST = 64;

/** `array`, or a copy of it half as long again when it has no room for `length` numbers; what is new is zero. */
export function withRoomFor<Array extends Numbers>(array: Array, length: number): Array {
  if (length <= array.length) return array;
  const Kind = array.constructor as new (length: number) => Array;
  const bigger = new Kind(Math.max(length, Math.ceil(array.length * 1.5), LEAST));
  bigger.set(array);
  return bigger;
}
