import type { Log } from "../log.ts";
import type { BlockHeader } from "./blockHeader.ts";
import type { Endpoint } from "./endpoint.ts";
import { HeadFeed } from "./headFeed.ts";

export interface HeadsOptions {
  /** WebSocket addresses by endpoint; an endpoint without one is polled. */
  readonly feeds: ReadonlyMap<Endpoint, string>;
  readonly pollMs: number;
  readonly timeoutMs: number;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** A head and when it came, in milliseconds of a clock that only runs forward. */
export interface PushedHead {
  readonly head: BlockHeader;
  readonly atMs: number;
}

interface Fed {
  readonly feed: HeadFeed;
  /** The last heads by hash, oldest first. */
  readonly heads: Map<string, BlockHeader>;
  newest: PushedHead | undefined;
  isTaken: boolean;
  /** Found by polling and not yet pushed. */
  missing: string | undefined;
}

const REMEMBERED_HEADS = 64;
const REMEMBERED_INTERVALS = 5;
/** Of so many of the usual intervals without a head, the watchdog looks for itself. */
const PATIENCE_INTERVALS = 3;
const LONGEST_PATIENCE_MS = 15_000;

/**
 * New heads as endpoints push them, and when to look without being told: at every poll where nothing is pushed, and
 * where something is, when it has been quiet for longer than usual.
 */
export class Heads {
  readonly #options: HeadsOptions;
  readonly #fed: ReadonlyMap<Endpoint, Fed>;
  readonly #listeners = new Set<() => void>();
  #intervals: readonly number[] = [];
  #lastAt: number | undefined;
  #highest = -1;

  constructor(options: HeadsOptions) {
    this.#options = options;
    this.#fed = new Map([...options.feeds].map(([endpoint, url]) => [endpoint, this.#feed(endpoint, url)]));
  }

  isLive(endpoint: Endpoint): boolean {
    return this.#fed.get(endpoint)?.feed.isLive === true;
  }

  /** The newest head that `endpoint` pushed since this was last asked. */
  take(endpoint: Endpoint): PushedHead | undefined {
    const fed = this.#fed.get(endpoint);
    if (fed === undefined || !this.isWaiting(endpoint)) return undefined;
    fed.isTaken = true;
    return fed.newest;
  }

  /** Whether there is something to take. */
  isWaiting(endpoint: Endpoint): boolean {
    const fed = this.#fed.get(endpoint);
    return fed !== undefined && !fed.isTaken && fed.feed.isLive;
  }

  /** The head that `endpoint` pushed under `hash`. */
  pushed(endpoint: Endpoint, hash: string): BlockHeader | undefined {
    return this.#fed.get(endpoint)?.heads.get(hash);
  }

  /** Resolves at the next head of whatever endpoint, or after `ms`; rejects when `signal` aborts. */
  next(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        clearTimeout(timer);
        this.#listeners.delete(done);
        signal.removeEventListener("abort", abort);
        settle();
      };
      const done = () => {
        end(resolve);
      };
      const abort = () => {
        end(() => {
          reject(signal.reason as Error);
        });
      };
      const timer = setTimeout(done, ms);
      this.#listeners.add(done);
      if (signal.aborted) abort();
      else signal.addEventListener("abort", abort);
    });
  }

  /** Milliseconds after which to look for a head of `endpoint` unasked. */
  patienceMs(endpoint: Endpoint): number {
    const { pollMs } = this.#options;
    const usual = medianOf(this.#intervals);
    if (!this.isLive(endpoint) || usual === undefined) return pollMs;
    return Math.max(pollMs, Math.min(LONGEST_PATIENCE_MS, usual * PATIENCE_INTERVALS));
  }

  /**
   * Polling found `head`. One that was not pushed by the time polling finds the next shows a silent feed: the chain
   * moves, the connection stands, and nothing comes through it.
   */
  polled(endpoint: Endpoint, head: BlockHeader): void {
    const fed = this.#fed.get(endpoint);
    if (fed?.feed.isLive !== true || fed.heads.has(head.hash) || fed.missing === head.hash) return;
    if (fed.missing !== undefined && !fed.heads.has(fed.missing)) {
      fed.missing = undefined;
      fed.feed.isSilent();
    } else {
      fed.missing = head.hash;
    }
  }

  #feed(endpoint: Endpoint, url: string): Fed {
    const { timeoutMs, log, signal } = this.#options;
    const onHead = (head: BlockHeader) => {
      fed.heads.set(head.hash, head);
      const [oldest] = fed.heads.keys();
      if (fed.heads.size > REMEMBERED_HEADS && oldest !== undefined) fed.heads.delete(oldest);
      fed.newest = { head, atMs: performance.now() };
      fed.isTaken = false;
      this.#heard(head.number);
    };
    const feed = new HeadFeed({ name: endpoint.name, url, timeoutMs, onHead, log, signal });
    const fed: Fed = { feed, heads: new Map(), newest: undefined, isTaken: true, missing: undefined };
    return fed;
  }

  #heard(number: number): void {
    const now = performance.now();
    // Every endpoint pushes a head; the first to do so tells how often they come.
    if (number > this.#highest) {
      if (this.#lastAt !== undefined) {
        this.#intervals = [...this.#intervals, now - this.#lastAt].slice(-REMEMBERED_INTERVALS);
      }
      this.#lastAt = now;
      this.#highest = number;
    }
    for (const listener of [...this.#listeners]) listener();
  }
}

function medianOf(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
