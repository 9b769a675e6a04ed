import type { BlockRef } from "../book/book.ts";
import { FalseAnswerError, RetryableError } from "../errors.ts";
import type { BlockHeader } from "./blockHeader.ts";
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
    const others = this.#endpoints.inUse.filter((other) => other !== primary && !other.isAside);
    if (others.length === 0) return;
    const theirs = await Promise.all(others.map(newestOf));
    const isBehind = (own: BlockRef, newest: BlockRef | undefined) =>
      newest !== undefined && newest.number - own.number >= LAG_BLOCKS;
    if (!theirs.some((newest) => isBehind(head, newest))) return;
    // The head may be old because the keeper was busy, which is nobody else's fault.
    const own = await newestOf(primary);
    for (const [i, other] of others.entries()) {
      const newest = theirs[i];
      if (own === undefined || newest === undefined || !isBehind(own, newest)) continue;
      if (await isAhead(other, own)) primary.setAside(`it lags ${newest.number - own.number} blocks behind`);
    }
  }
}

/** Undefined for an endpoint that gives no answer, which counts against it elsewhere. */
async function newestOf(endpoint: Endpoint): Promise<BlockHeader | undefined> {
  try {
    return (await ask(endpoint, headerProbe("latest")))[0];
  } catch (error) {
    if (!(error instanceof RetryableError)) throw error;
    endpoint.failed(error);
    return undefined;
  }
}

/** An endpoint is ahead only if it can show that what it has builds on what the other one has. */
async function isAhead(endpoint: Endpoint, behind: BlockHeader): Promise<boolean> {
  try {
    const [child] = await ask(endpoint, headerProbe(behind.number + 1));
    if (child === undefined) throw new FalseAnswerError("the endpoint claims blocks that it cannot show");
    return child.parentHash === behind.hash;
  } catch (error) {
    if (!(error instanceof RetryableError)) throw error;
    endpoint.failed(error);
    return false;
  }
}
