import { setTimeout as sleep } from "node:timers/promises";
import { RetryableError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Endpoints } from "./endpoints.ts";
import type { Rpc } from "./rpcClient.ts";

/**
 * How far an answer is to be believed. `agreed`: two say so. `alone`: there is nobody else in use to ask. `silent`: the
 * others gave no answer in time. `disputed`: they gave another answer, and no third settles it.
 */
export interface Agreement<T> {
  readonly kind: "agreed" | "alone" | "silent" | "disputed";
  /** Of the first of those that agree; otherwise of the endpoint whose chain is followed, if it answered. */
  readonly value: T;
  /** Of the others that agree with it. */
  readonly same: readonly T[];
}

export interface AgreeOptions<T> {
  readonly endpoints: Endpoints;
  /** Throws `RetryableError` while the endpoint does not have what is asked for; it is then tried again. */
  readonly read: (one: Rpc) => Promise<T>;
  readonly isSame: (a: T, b: T) => boolean;
  /** Milliseconds for which an endpoint is waited for; one that takes longer has failed. */
  readonly withinMs: number;
  readonly log: Log;
}

interface View<T> {
  readonly endpoint: Endpoint;
  readonly value: T;
}

const FIRST_WAIT_MS = 25;

/**
 * Asks two endpoints at once for what a decision is to stand on, and the others one by one until two agree; whoever then
 * said something else is set aside. Throws `RetryableError` when nobody answers.
 */
export async function agree<T>(options: AgreeOptions<T>): Promise<Agreement<T>> {
  const { endpoints, isSame, log } = options;
  const [first, second, ...rest] = endpoints.inUse.filter(({ isAside }) => !isAside);
  if (first === undefined || second === undefined) {
    return { kind: "alone", value: await endpoints.first(options.read), same: [] };
  }
  const views = (await Promise.all([look(first, options), look(second, options)])).flat();
  const settled = () =>
    views.find((view, i) => views.slice(i + 1).some((other) => isSame(view.value, other.value)));
  for (const endpoint of rest) {
    if (settled() !== undefined) break;
    views.push(...(await look(endpoint, options)));
  }
  const believed = settled();
  if (believed !== undefined) {
    for (const { endpoint, value } of views) {
      if (!isSame(value, believed.value)) endpoint.setAside("two others agree on something else");
    }
    const same = views.filter((view) => view !== believed && isSame(view.value, believed.value));
    return { kind: "agreed", value: believed.value, same: same.map(({ value }) => value) };
  }
  const [view] = views;
  if (view === undefined) throw new RetryableError("no endpoint answered in time");
  if (views.length > 1) {
    log.error("endpoints.disagree", { endpoints: views.map(({ endpoint }) => endpoint.name) });
    return { kind: "disputed", value: view.value, same: [] };
  }
  const isAlone = endpoints.inUse.every((endpoint) => endpoint === view.endpoint || endpoint.isAside);
  return { kind: isAlone ? "alone" : "silent", value: view.value, same: [] };
}

/** What an endpoint says, as a list of one; of none when it does not answer in time. */
async function look<T>(endpoint: Endpoint, { read, withinMs }: AgreeOptions<T>): Promise<View<T>[]> {
  const end = new AbortController();
  const { signal } = end;
  const late = new RetryableError(`the endpoint gave no answer within ${withinMs} ms`);
  const deadline = sleep(withinMs, late, { signal }).catch(retryable);
  try {
    for (let waitMs = FIRST_WAIT_MS; ; waitMs *= 2) {
      const result = await Promise.race([read(endpoint).catch(retryable), deadline]);
      if (!(result instanceof RetryableError)) return [{ endpoint, value: result }];
      if (result === late) endpoint.failed(late);
      if (result === late || endpoint.isAside) return [];
      await Promise.race([sleep(waitMs, undefined, { signal }).catch(retryable), deadline]);
    }
  } finally {
    end.abort();
  }
}

/** Also of a wait that is no longer needed. */
function retryable(error: unknown): RetryableError {
  if (error instanceof RetryableError) return error;
  if (error instanceof Error && error.name === "AbortError") return new RetryableError("not needed");
  throw error;
}
