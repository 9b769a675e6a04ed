import { setTimeout as sleep } from "node:timers/promises";
import { RetryableError, ThrottledError } from "../errors.ts";
import { silentLog } from "../log.ts";
import type { BlockHeader } from "../sources/blockHeader.ts";
import { headersProbe } from "../sources/chainReader.ts";
import type { Endpoints } from "../sources/endpoints.ts";
import { ask } from "../sources/probe.ts";
import { retry } from "../sources/retry.ts";
import type { Sight } from "../sources/sight.ts";
import type { OracleView, SightReader } from "../sources/sightReader.ts";
import { withOne } from "../sources/withOne.ts";

export interface BlockFeedOptions {
  readonly endpoints: Endpoints;
  readonly sightReader: Pick<SightReader, "read">;
  /** The last block that there will be a question about. */
  readonly last: number;
  /** What to do when a block's state cannot be read, before it is tried again; throws what no other try would change. */
  readonly onFailure: (block: number) => Promise<void>;
  readonly signal: AbortSignal;
}

/** An answer that was asked for before its turn. */
interface Begun {
  /** Of the block. */
  readonly hash: string;
  readonly view: OracleView;
  readonly sight: Promise<Sight>;
}

const HEADERS_PER_REQUEST = 32;
/** Blocks whose state is asked for at once: a distant endpoint answers no faster, and no endpoint has to bear more. */
const AHEAD = 4;
/** After so many failures of the same question it ends: nobody watches over it as over a keeper. */
const ATTEMPTS = 7;
/** How long an endpoint that is asked too much is left alone where it does not say: twice as long each time in a row. */
const FIRST_REST_MS = 1_000;
const LONGEST_REST_MS = 30_000;

/**
 * Headers and states of the past, in order, each asked for a little before its turn. Nothing is written, so what was asked
 * for in vain costs nothing; but once an endpoint has said that it is asked too much, each is asked for in its turn, for a
 * keeper may live on the same endpoint. Throws `RetryableError` when no endpoint answers again and again.
 */
export class BlockFeed {
  readonly #options: BlockFeedOptions;
  readonly #headers = new Map<number, BlockHeader>();
  readonly #begun = new Map<number, Begun>();
  /** The first answer also says what the endpoint can do and is waited for alone. */
  #hasAnswered = false;
  #isThrottled = false;
  /** How often in a row it was throttled. */
  #rests = 0;
  /** By a clock that only runs forward. */
  #restsUntilMs = 0;

  constructor(options: BlockFeedOptions) {
    this.#options = options;
  }

  /** Reads again what fails, for a while; endpoints that were set aside come back meanwhile. */
  persist<T>(what: string, read: () => Promise<T>): Promise<T> {
    const { endpoints, signal } = this.#options;
    const tended = async () => {
      await this.#rest();
      await endpoints.tend();
      return this.#heeding(read);
    };
    return retry(what, tended, silentLog, signal, ATTEMPTS);
  }

  async header(number: number): Promise<BlockHeader> {
    const known = this.#headers.get(number);
    if (known !== undefined) return known;
    this.#headers.clear();
    const to = Math.min(this.#options.last, number + HEADERS_PER_REQUEST - 1);
    await this.persist("headers", async () => {
      const [headers] = await ask(this.#options.endpoints, headersProbe(number, to));
      for (const header of headers) if (header !== undefined) this.#headers.set(header.number, header);
      if (!this.#headers.has(number)) throw new RetryableError(`no endpoint has block ${number}`);
    });
    const header = this.#headers.get(number);
    if (header === undefined) throw new Error("a header that was read is not there");
    return header;
  }

  /** What the state of `head` says beside the logs, read at its hash. */
  async sight(head: BlockHeader, view: OracleView): Promise<Sight> {
    const begun = this.#take(head, view);
    if (this.#hasAnswered && !this.#isThrottled) this.#lookAhead(head.number, view);
    try {
      return await begun;
    } catch (error) {
      if (!(error instanceof RetryableError)) throw error;
      return await this.persist("sight", () => this.#read(head, view));
    } finally {
      this.#hasAnswered = true;
    }
  }

  #lookAhead(from: number, view: OracleView): void {
    for (let number = from + 1; number < from + AHEAD && number < this.#options.last; ++number) {
      const header = this.#headers.get(number);
      if (header !== undefined) this.#begin(header, view);
    }
  }

  #take(head: BlockHeader, view: OracleView): Promise<Sight> {
    const begun = this.#begun.get(head.number);
    this.#begun.delete(head.number);
    // What was asked with another oracle in mind, or of a block that is gone, is asked anew.
    const isSame =
      begun?.hash === head.hash &&
      begun.view.oracle === view.oracle &&
      begun.view.collateralCount === view.collateralCount;
    return isSame ? begun.sight : this.#rest().then(() => this.#read(head, view));
  }

  #begin(header: BlockHeader, view: OracleView): void {
    if (this.#begun.has(header.number)) return;
    const sight = this.#read(header, view);
    // Who takes it hears of the failure; who never does need not.
    sight.catch(() => undefined);
    this.#begun.set(header.number, { hash: header.hash, view, sight });
  }

  async #read(head: BlockHeader, view: OracleView): Promise<Sight> {
    const { endpoints, sightReader, onFailure } = this.#options;
    const nothing = { calls: [], read: () => undefined };
    try {
      const [sight] = await withOne(endpoints, (one) =>
        this.#heeding(() => sightReader.read(one, head, view, [], nothing)),
      );
      return sight;
    } catch (error) {
      // Who is asked too much has said nothing about the state.
      const isTelling = error instanceof RetryableError && !(error instanceof ThrottledError);
      if (isTelling) await onFailure(head.number);
      throw error;
    }
  }

  /** Takes note of an endpoint that is asked too much, also where another one then answers. */
  async #heeding<T>(read: () => Promise<T>): Promise<T> {
    try {
      const answer = await read();
      this.#rests = 0;
      return answer;
    } catch (error) {
      if (error instanceof ThrottledError) this.#throttledBy(error);
      throw error;
    }
  }

  #throttledBy({ retryAfterMs }: ThrottledError): void {
    this.#isThrottled = true;
    const now = performance.now();
    // Of what was asked before it was known, each says so.
    if (now < this.#restsUntilMs) return;
    this.#restsUntilMs = now + (retryAfterMs ?? Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** this.#rests));
    this.#rests += 1;
  }

  async #rest(): Promise<void> {
    const waitMs = this.#restsUntilMs - performance.now();
    if (waitMs > 0) await sleep(waitMs, undefined, { signal: this.#options.signal });
  }
}
