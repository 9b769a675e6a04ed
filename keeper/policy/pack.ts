/** What a transaction can hold. */
export interface PackLimits {
  readonly gasPerItem: bigint;
  /** Gas that a transaction takes before its first item. */
  readonly fixedGas: bigint;
  /** At most EIP-7825's 16,777,216. */
  readonly maxGas: bigint;
  readonly maxItems: number;
}

/**
 * Items into as few transactions as go in order of value, all but the last of them full: the first holds what is worth
 * most, and of equals the first given comes first. One item too large for any transaction goes alone; whether it passes
 * is for the simulation to say.
 */
export function pack<T>(
  items: readonly T[],
  valueOf: (item: T) => bigint,
  { gasPerItem, fixedGas, maxGas, maxItems }: PackLimits,
): readonly (readonly T[])[] {
  const room = maxGas > fixedGas ? Number((maxGas - fixedGas) / gasPerItem) : 0;
  const size = Math.max(1, Math.min(maxItems, room));
  const sorted = items.toSorted((a, b) => compare(valueOf(b), valueOf(a)));
  return Array.from({ length: Math.ceil(sorted.length / size) }, (_, i) =>
    sorted.slice(i * size, (i + 1) * size),
  );
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
