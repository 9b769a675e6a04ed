import type { Rpc, RpcAnswer, RpcCall } from "./rpcClient.ts";
import { withOne } from "./withOne.ts";

/**
 * A question to the endpoint and what its answers mean, kept apart so that the questions of several rooms travel in one
 * request. `read` throws `RetryableError` for answers that make no sense.
 */
export interface Probe<T> {
  readonly calls: readonly RpcCall[];
  read(answers: readonly RpcAnswer[]): T;
}

type Answers<T extends readonly Probe<unknown>[]> = {
  -readonly [K in keyof T]: T[K] extends Probe<infer R> ? R : never;
};

/** Asks all probes in one request; of several endpoints, the first whose answers make sense. */
export function ask<T extends readonly Probe<unknown>[]>(rpc: Rpc, ...probes: T): Promise<Answers<T>> {
  return withOne(rpc, (one) => askOne(one, probes));
}

async function askOne<T extends readonly Probe<unknown>[]>(rpc: Rpc, probes: T): Promise<Answers<T>> {
  const answers = await rpc.batch(probes.flatMap((probe) => probe.calls));
  let next = 0;
  const results = probes.map((probe) => {
    const from = next;
    next += probe.calls.length;
    return probe.read(answers.slice(from, next));
  });
  return results as Answers<T>;
}
