import { RetryableError, ThrottledError, messageOf } from "../errors.ts";
import { readBounded } from "./readBounded.ts";

/**
 * A call. With `at`, the state it is asked of: a last parameter that names the block by its hash (EIP-1898), so that
 * no answer comes from another fork; `params` then ends before it. `overrides` follows the block: what to take an
 * address's code for during an `eth_call`.
 */
export interface RpcCall {
  readonly method: string;
  readonly params: readonly unknown[];
  readonly at?: { readonly number: number; readonly hash: string };
  readonly overrides?: Readonly<Record<string, { readonly code: string }>>;
}

/** A call's parameters as they are sent; `block` says how the block is named. */
export function paramsOf(call: RpcCall, block: "byHash" | "byNumber"): readonly unknown[] {
  const { params, at, overrides } = call;
  if (at === undefined) return params;
  const named = block === "byHash" ? { blockHash: at.hash } : `0x${at.number.toString(16)}`;
  return overrides === undefined ? [...params, named] : [...params, named, overrides];
}

/** The answer to one call. `data` is what a reverted call returned, when the endpoint passes it on. */
export type RpcAnswer =
  | { readonly ok: true; readonly result: unknown }
  | {
      readonly ok: false;
      readonly code: number;
      readonly message: string;
      readonly data: string | undefined;
    };

/** What the other rooms need of an endpoint; the tests put a chain of their own behind it. */
export interface Rpc {
  /**
   * All calls in one request, answers in the order of the calls. Throws `RetryableError` when the endpoint gave no
   * usable answer; an error of a single call is a value.
   */
  batch(calls: readonly RpcCall[]): Promise<readonly RpcAnswer[]>;
}

/** Several endpoints that stand in for each other. */
export interface RpcGroup extends Rpc {
  /** What `use` makes of the first of them with which it succeeds; see `Endpoints.first`. */
  first<T>(use: (rpc: Rpc) => Promise<T>, hedging?: Hedging): Promise<T>;
  /** The others in use. */
  others(than: Rpc): readonly Rpc[];
}

/** Whether a slow endpoint gets company; not where the answer is long and the question dear. */
export type Hedging = "hedged" | "patient";

/** Where signed transactions go. */
export interface Broadcaster {
  /**
   * An answer for each transaction: accepted as soon as one endpoint accepts it. Throws `RetryableError` when none
   * answers. No reply proves anything; see the outbox.
   */
  broadcast(raws: readonly string[]): Promise<readonly RpcAnswer[]>;
}

export interface RpcClientOptions {
  readonly url: string;
  readonly timeoutMs: number;
  /** An answer longer than this is refused while it arrives, so that no endpoint fills the memory. */
  readonly maxAnswerBytes?: number;
  readonly signal?: AbortSignal;
}

const DEFAULT_MAX_ANSWER_BYTES = 32 * 1024 * 1024;
const TOO_MANY_REQUESTS = 429;

/**
 * JSON-RPC over HTTP with nothing in between: one request a batch, a time-out that also covers the body, answers matched
 * by id. It never retries; who calls knows whether that is safe. The URL may hold a secret, so no message contains it.
 */
export class RpcClient implements Rpc {
  readonly #options: RpcClientOptions;
  #nextId = 1;

  constructor(options: RpcClientOptions) {
    this.#options = options;
  }

  async batch(calls: readonly RpcCall[]): Promise<readonly RpcAnswer[]> {
    if (calls.length === 0) return [];
    const firstId = this.#nextId;
    this.#nextId += calls.length;
    const body = calls.map((call, i) => ({
      jsonrpc: "2.0",
      id: firstId + i,
      method: call.method,
      params: paramsOf(call, "byHash"),
    }));
    const text = await this.#post(JSON.stringify(body.length === 1 ? body[0] : body));
    const answers = matchById(parseAnswers(text), firstId, calls);
    for (const answer of answers)
      if (isThrottled(answer)) throw new ThrottledError("the endpoint is throttled");
    return answers;
  }

  async #post(body: string): Promise<string> {
    const { url, timeoutMs, signal, maxAnswerBytes = DEFAULT_MAX_ANSWER_BYTES } = this.#options;
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
        // A redirect would carry the request, and the key in it, to an address nobody configured.
        redirect: "error",
        signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
      });
      if (!response.ok) {
        await response.body?.cancel();
        const message = `the endpoint answered HTTP ${response.status}`;
        if (response.status === TOO_MANY_REQUESTS) throw new ThrottledError(message, retryAfter(response));
        throw new RetryableError(message, retryAfter(response));
      }
      return await readBounded(response, maxAnswerBytes);
    } catch (error) {
      if (error instanceof RetryableError) throw error;
      if (timeout.aborted) {
        throw new RetryableError(`the endpoint gave no answer within ${timeoutMs} ms`, { cause: error });
      }
      throw new RetryableError(`the endpoint cannot be reached: ${reasonOf(error)}`, { cause: error });
    }
  }
}

function parseAnswers(text: string): readonly unknown[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new RetryableError(`the endpoint's answer is no JSON: ${text.slice(0, 60)}`, { cause: error });
  }
  return Array.isArray(parsed) ? parsed : [parsed];
}

/** A batch may be answered in any order, and a lying endpoint with anything: only ids that were asked for count. */
function matchById(
  answers: readonly unknown[],
  firstId: number,
  calls: readonly RpcCall[],
): readonly RpcAnswer[] {
  const matched = new Array<RpcAnswer | undefined>(calls.length);
  for (const answer of answers) {
    if (!isRecord(answer)) continue;
    const index = typeof answer.id === "number" ? answer.id - firstId : -1;
    if (index >= 0 && index < calls.length) matched[index] ??= toAnswer(answer);
    // An endpoint that refuses the whole batch answers once, with no id.
    else if (answer.error !== undefined && answers.length === 1) throw refusedBatch(toAnswer(answer));
  }
  // Not matched.map, which passes over what was never set.
  return calls.map(({ method }, i) => {
    const answer = matched[i];
    if (answer === undefined) throw new RetryableError(`the endpoint left ${method} without an answer`);
    return answer;
  });
}

function toAnswer(answer: Record<string, unknown>): RpcAnswer {
  const error = answer.error;
  if (!isRecord(error)) {
    if (answer.result === undefined) throw new RetryableError("the endpoint's answer has no result");
    return { ok: true, result: answer.result };
  }
  return {
    ok: false,
    code: typeof error.code === "number" ? error.code : 0,
    message: typeof error.message === "string" ? error.message : "no message",
    data: revertDataOf(error.data),
  };
}

/**
 * Providers that limit calls and not requests say so in the answer to a call, where it would pass for a contract's
 * refusal. Others use the same code for too many logs, which is an answer about the range.
 */
function isThrottled(answer: RpcAnswer): boolean {
  if (answer.ok) return false;
  return (
    answer.code === TOO_MANY_REQUESTS ||
    (answer.code === -32005 && !/logs|results|range/i.test(answer.message))
  );
}

/** Nodes put the returned bytes in `data` itself or one or two levels down. */
function revertDataOf(data: unknown): string | undefined {
  if (typeof data === "string" && /^0x[0-9a-f]*$/i.test(data)) return data;
  return isRecord(data) ? revertDataOf(data.data ?? data.result) : undefined;
}

function refusedBatch(answer: RpcAnswer): RetryableError {
  const message = `the endpoint refused the request: ${answer.ok ? "no reason" : answer.message}`;
  return isThrottled(answer) ? new ThrottledError(message) : new RetryableError(message);
}

function retryAfter(response: Response): { retryAfterMs?: number } {
  const seconds = Number(response.headers.get("retry-after"));
  return Number.isFinite(seconds) && seconds > 0 ? { retryAfterMs: Math.min(seconds, 60) * 1000 } : {};
}

/** fetch says "fetch failed" and hides the reason in the cause. */
function reasonOf(error: unknown): string {
  return error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
