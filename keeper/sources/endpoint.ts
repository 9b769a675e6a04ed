import { FalseAnswerError, RetryableError, messageOf } from "../errors.ts";
import type { Log } from "../log.ts";
import { headerFrom, toHex } from "./blockHeader.ts";
import { paramsOf, type Rpc, type RpcAnswer, type RpcCall } from "./rpcClient.ts";

export interface EndpointOptions {
  /** For the log; never the URL, which may hold a secret. */
  readonly name: string;
  readonly rpc: Rpc;
  readonly log: Log;
  /** Milliseconds of a clock that only runs forward; it measures waits and nothing else. */
  readonly now?: () => number;
}

/** A failure counts 1 and fades by this with each answer: three in a row, or more than half, set aside. */
const FADING = 0.8;
const LIMIT = 2.4;
const FIRST_ASIDE_MS = 2_000;
const LONGEST_ASIDE_MS = 300_000;
/** Answers in a row after which earlier banishments are forgiven. */
const FORGIVEN_AFTER = 50;

/**
 * One endpoint and what is thought of it. It is set aside, each time for longer, when it keeps failing, and at once when
 * it says what cannot be true. Counts what it is asked.
 */
export class Endpoint implements Rpc {
  readonly name: string;
  /** What it was asked in all: HTTP requests, and the calls in them. */
  readonly asked = { requests: 0, calls: 0 };
  readonly #rpc: Rpc;
  readonly #log: Log;
  readonly #now: () => number;
  readonly #counted = new WeakSet<Error>();
  #score = 0;
  #times = 0;
  #goodInARow = 0;
  #asideUntil: number | undefined;
  #knowsHashes = true;

  constructor({ name, rpc, log, now = () => performance.now() }: EndpointOptions) {
    this.name = name;
    this.#rpc = rpc;
    this.#log = log;
    this.#now = now;
  }

  get isAside(): boolean {
    return this.#asideUntil !== undefined;
  }

  /** Milliseconds until it may be tried again; 0 or less when it may. */
  get asideForMs(): number {
    return this.#asideUntil === undefined ? 0 : this.#asideUntil - this.#now();
  }

  async batch(calls: readonly RpcCall[]): Promise<readonly RpcAnswer[]> {
    if (calls.length === 0) return [];
    try {
      const answers = this.#knowsHashes ? await this.#send(calls) : await this.#sendByNumber(calls);
      this.#score *= FADING;
      this.#goodInARow += 1;
      if (this.#goodInARow >= FORGIVEN_AFTER) this.#times = 0;
      return answers;
    } catch (error) {
      if (error instanceof RetryableError) this.failed(error);
      throw error;
    }
  }

  /** Takes note of a failure, once: no answer, or one that makes no sense. */
  failed(error: RetryableError): void {
    if (this.#counted.has(error)) return;
    this.#counted.add(error);
    this.#goodInARow = 0;
    this.#score += 1;
    if (error.retryAfterMs !== undefined) this.setAside(error.message, error.retryAfterMs);
    else if (this.#score >= LIMIT || error instanceof FalseAnswerError) this.setAside(error.message);
  }

  /** Takes it out of use for a while: twice as long each time, unless the endpoint has said how long. */
  setAside(cause: string, forMs = Math.min(LONGEST_ASIDE_MS, FIRST_ASIDE_MS * 2 ** this.#times)): void {
    if (this.isAside && this.asideForMs > 0) return;
    this.#asideUntil = this.#now() + forMs;
    this.#times += 1;
    this.#score = 0;
    this.#goodInARow = 0;
    this.#log.warn("endpoint.setAside", { endpoint: this.name, cause, forMs });
  }

  /** Asks an endpoint whose time is up whether it serves the chain, and takes it back or sets it aside again. */
  async tryAgain(chainId: number): Promise<void> {
    try {
      const [chain, newest] = await this.#rpc.batch([
        { method: "eth_chainId", params: [] },
        { method: "eth_getBlockByNumber", params: ["latest", false] },
      ]);
      this.#count(2);
      if (chain?.ok !== true || Number(chain.result) !== chainId) {
        throw new RetryableError("it serves another chain");
      }
      if (newest?.ok !== true || headerFrom(newest.result) === undefined) {
        throw new RetryableError("it has no newest block");
      }
      this.#asideUntil = undefined;
      this.#log.info("endpoint.back", { endpoint: this.name });
    } catch (error) {
      if (!(error instanceof RetryableError)) throw error;
      this.#asideUntil = undefined;
      this.setAside(messageOf(error));
    }
  }

  /** From now on names blocks by number: it does not know EIP-1898. */
  nameBlocksByNumber(): void {
    if (!this.#knowsHashes) return;
    this.#knowsHashes = false;
    this.#log.warn("endpoint.withoutHashes", { endpoint: this.name });
  }

  /** By number there is no telling whose state was read but by asking for the block as well. */
  async #sendByNumber(calls: readonly RpcCall[]): Promise<readonly RpcAnswer[]> {
    const blocks = [
      ...new Map(calls.flatMap(({ at }) => (at === undefined ? [] : [[at.hash, at]]))).values(),
    ];
    const plain = calls.map((call) => ({ method: call.method, params: paramsOf(call, "byNumber") }));
    const checks = blocks.map(({ number }) => ({
      method: "eth_getBlockByNumber",
      params: [toHex(number), false],
    }));
    const answers = await this.#send([...plain, ...checks]);
    for (const [i, { number, hash }] of blocks.entries()) {
      const answer = answers[plain.length + i];
      if (answer?.ok !== true || headerFrom(answer.result)?.hash !== hash) {
        throw new RetryableError(`the endpoint has another block ${number}`);
      }
    }
    return answers.slice(0, plain.length);
  }

  #send(calls: readonly RpcCall[]): Promise<readonly RpcAnswer[]> {
    this.#count(calls.length);
    return this.#rpc.batch(calls);
  }

  #count(calls: number): void {
    this.asked.requests += 1;
    this.asked.calls += calls;
  }
}
