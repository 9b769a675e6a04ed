/** Random numbers that come again with the same seed; the seed is printed and `FUZZ_SEED` sets it. */
export class Dice {
  readonly seed: number;
  #state: bigint;

  constructor(seed: number) {
    this.seed = seed;
    this.#state = BigInt(seed) & MASK;
  }

  /** From 0 to below `limit`. */
  below(limit: bigint): bigint {
    let value = 0n;
    for (let bits = 1n; bits <= limit; bits <<= 64n) value = (value << 64n) | this.#next();
    return limit === 0n ? 0n : value % limit;
  }

  between(low: bigint, high: bigint): bigint {
    return low + this.below(high - low + 1n);
  }

  /** Uniform in magnitude: as many numbers with 3 bits as with 90. */
  upToBits(bits: number): bigint {
    const size = Number(this.below(BigInt(bits) + 1n));
    return size === 0 ? 0n : (1n << BigInt(size - 1)) | this.below(1n << BigInt(size - 1));
  }

  /** True once in `n`. */
  oneIn(n: number): boolean {
    return this.below(BigInt(n)) === 0n;
  }

  pick<T>(choices: readonly T[]): T {
    const choice = choices[Number(this.below(BigInt(choices.length)))];
    if (choice === undefined) throw new RangeError("nothing to pick from");
    return choice;
  }

  /** splitmix64 */
  #next(): bigint {
    this.#state = (this.#state + 0x9e3779b97f4a7c15n) & MASK;
    let z = this.#state;
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK;
    return z ^ (z >> 31n);
  }
}

const MASK = (1n << 64n) - 1n;

/** The dice of one suite, with the seed of this run on the console. */
export function diceOf(suite: string): Dice {
  const given = process.env.FUZZ_SEED;
  const seed = given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);
  if (!Number.isSafeInteger(seed)) throw new Error(`FUZZ_SEED=${String(given)} is not an integer`);
  console.log(`    ${suite}: FUZZ_SEED=${seed}`);
  return new Dice(seed);
}
