import type { BlockRef } from "../book/book.ts";
import { FalseAnswerError, RetryableError } from "../errors.ts";
import { headerProbe } from "./chainReader.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Endpoints } from "./endpoints.ts";
import { ask } from "./probe.ts";

export interface LagWatchOptions {
  readonly endpoints: Endpoints;
  /** Milliseconds of a clock that only runs forward. */
  readonly now?: () => number;
}

/** Behind by so many blocks, an endpoint is no longer followed. */
const LAG_BLOCKS = 3;
/** The others are asked where they are every so many blocks, and when the chain seems to stand still. */
const EVERY_BLOCKS = 8;
const STILL_MS = 2_000;

/** Finds out whether the endpoint whose chain is followed has fallen behind the others. */
export class LagWatch {
  readonly #endpoints: Endpoints;
  readonly #now: () => number;
  #checkedBlock = 0;
  #checkedAt: number;
  #lastHash: string | undefined;

  constructor({ endpoints, now = () => performance.now() }: LagWatchOptions) {
    this.#endpoints = endpoints;
    this.#now = now;
    this.#checkedAt = now();
  }

  /** Call it with the head after every tick; it asks the others only when that is due. */
  async check(head: BlockRef): Promise<void> {
    const { primary } = this.#endpoints;
    const isStill = head.hash === this.#lastHash && this.#now() - this.#checkedAt >= STILL_MS;
    if (head.hash !== this.#lastHash) this.#checkedAt = this.#now();
    this.#lastHash = head.hash;
    if (!isStill && Math.abs(head.number - this.#checkedBlock) < EVERY_BLOCKS) return;
    this.#checkedBlock = head.number;
    this.#checkedAt = this.#now();
    for (const other of this.#endpoints.inUse) {
      if (other === primary || other.isAside) continue;
      try {
        await this.#compare(head, other, primary);
      } catch (error) {
        if (!(error instanceof RetryableError)) throw error;
        other.failed(error);
      }
    }
  }

  /** An endpoint is ahead only if it can show that what it has builds on the head. */
  async #compare(head: BlockRef, other: Endpoint, primary: Endpoint): Promise<void> {
    const [newest] = await ask(other, headerProbe("latest"));
    const ahead = (newest?.number ?? 0) - head.number;
    if (ahead < LAG_BLOCKS) return;
    const [child] = await ask(other, headerProbe(head.number + 1));
    if (child === undefined) {
      throw new FalseAnswerError(`the endpoint claims ${ahead} blocks that it cannot show`);
    }
    if (child.parentHash === head.hash) primary.setAside(`it lags ${ahead} blocks behind`);
  }
}
