import type { Agreement } from "../sources/agree.ts";

/** What happened when with a block, in milliseconds of a clock that only runs forward, and how far it was believed. */
export interface BlockTimes {
  readonly block: number;
  readonly seenAtMs: number;
  readonly observedAtMs: number;
  readonly decidedAtMs: number;
  readonly doneAtMs: number;
  readonly trust: Agreement<unknown>["kind"];
  /** Whether an operator had stopped the sending. */
  readonly isStopped: boolean;
}

const REMEMBERED_BLOCKS = 256;

/** The last blocks that were decided upon. */
export class BlockTimesRing {
  readonly #blocks = new Map<number, BlockTimes>();

  add(times: BlockTimes): void {
    // A block decided upon again, after a reorganisation, is the newest once more.
    this.#blocks.delete(times.block);
    this.#blocks.set(times.block, times);
    const [oldest] = this.#blocks.keys();
    if (this.#blocks.size > REMEMBERED_BLOCKS && oldest !== undefined) this.#blocks.delete(oldest);
  }

  get isEmpty(): boolean {
    return this.#blocks.size === 0;
  }

  at(block: number): BlockTimes | undefined {
    return this.#blocks.get(block);
  }

  /** The last block decided upon below `block`. */
  before(block: number): BlockTimes | undefined {
    let last: BlockTimes | undefined;
    for (const times of this.#blocks.values()) {
      if (times.block < block && (last === undefined || times.block > last.block)) last = times;
    }
    return last;
  }
}
