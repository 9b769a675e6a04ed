const REMEMBERED = 5;
const LONGEST_SECONDS = 60n;

/** Guesses when the next block comes, from the times of the last ones: the chain's clock and no other. */
export class BlockClock {
  #times: readonly bigint[] = [];

  /** Takes in a block's time; an earlier one than the last means the chain went back. */
  seen(timestamp: bigint): void {
    this.#times = [...this.#times.filter((time) => time < timestamp), timestamp].slice(-REMEMBERED - 1);
  }

  /** The next block's time: the last one's and the median of the intervals before it, within a second and a minute. */
  next(): bigint {
    const last = this.#times.at(-1) ?? 0n;
    const intervals = this.#times.slice(1).map((time, i) => time - (this.#times[i] ?? time));
    const sorted = intervals.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    const median = sorted[Math.floor(sorted.length / 2)] ?? 1n;
    return last + (median < 1n ? 1n : median > LONGEST_SECONDS ? LONGEST_SECONDS : median);
  }
}
