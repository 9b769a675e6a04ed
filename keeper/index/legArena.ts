import { withRoomFor } from "./withRoomFor.ts";

/** 32-bit words of an amount, lowest first. */
export const AMOUNT_WORDS = 4;

/**
 * The collaterals of all accounts, one leg each: the legs of an account lie side by side, by the collaterals' numbers.
 * Blocks given back are used again for the next account with as many.
 */
export class LegArena {
  #amounts: Uint32Array<ArrayBuffer>;
  #owners: Uint32Array<ArrayBuffer>;
  #end: number;
  /** By number of legs, where free blocks begin. */
  readonly #free: number[][] = Array.from({ length: 17 }, () => []);

  /** `amounts` are those of legs 0 to `count` - 1, all in use; `claim` has to say whose they are. */
  constructor(amounts = new Uint32Array(0), count = 0) {
    this.#amounts = amounts;
    this.#owners = new Uint32Array(count);
    this.#end = count;
  }

  /** One above the highest leg that was ever used. */
  get end(): number {
    return this.#end;
  }

  /** Where `count` legs for the account in `owner` begin. */
  allocate(count: number, owner: number): number {
    let first = this.#free[count]?.pop();
    if (first === undefined) {
      first = this.#end;
      this.#end += count;
      this.#amounts = withRoomFor(this.#amounts, this.#end * AMOUNT_WORDS);
      this.#owners = withRoomFor(this.#owners, this.#end);
    }
    this.claim(first, count, owner);
    return first;
  }

  /** Makes `count` legs from `first` on those of the account in `owner`. */
  claim(first: number, count: number, owner: number): void {
    this.#owners.fill(owner, first, first + count);
  }

  free(first: number, count: number): void {
    if (count > 0) this.#free[count]?.push(first);
  }

  ownerOf(leg: number): number {
    return this.#owners[leg] ?? 0;
  }

  /** `amount` has at most 128 bits. */
  write(leg: number, amount: bigint): void {
    const from = leg * AMOUNT_WORDS;
    let rest = amount;
    for (let word = 0; word < AMOUNT_WORDS; ++word) {
      this.#amounts[from + word] = Number(rest & 0xffffffffn);
      rest >>= 32n;
    }
  }

  read(leg: number): bigint {
    const from = leg * AMOUNT_WORDS;
    const low = this.#word(from) | (this.#word(from + 1) << 32n);
    const high = this.#word(from + 2) | (this.#word(from + 3) << 32n);
    return low | (high << 64n);
  }

  /** The amount to within three roundings of a double. */
  approximate(leg: number): number {
    const from = leg * AMOUNT_WORDS;
    const amounts = this.#amounts;
    const high = (amounts[from + 3] ?? 0) * 2 ** 32 + (amounts[from + 2] ?? 0);
    const low = (amounts[from + 1] ?? 0) * 2 ** 32 + (amounts[from] ?? 0);
    return high * 2 ** 64 + low;
  }

  /** The words of `count` legs from `first` on; valid until the next `allocate`. */
  wordsOf(first: number, count: number): Uint32Array {
    return this.#amounts.subarray(first * AMOUNT_WORDS, (first + count) * AMOUNT_WORDS);
  }

  #word(at: number): bigint {
    return BigInt(this.#amounts[at] ?? 0);
  }
}
