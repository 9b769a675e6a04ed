import type { Rpc, RpcAnswer, RpcCall } from "./rpcClient.ts";

/**
 * A question to the endpoint and what its answers mean, kept apart so that the questions of several rooms travel in one
 * request. `read` throws `RetryableError` for answers that make no sense.
 */
export interface Probe<T> {
  readonly calls: readonly RpcCall[];
  read(answers: readonly RpcAnswer[]): T;
}

/** Asks all probes in one request. */
export async function ask<T extends readonly Probe<unknown>[]>(
  rpc: Rpc,
  ...probes: T
): Promise<{ -readonly [K in keyof T]: T[K] extends Probe<infer R> ? R : never }> {
  const answers = await rpc.batch(probes.flatMap((probe) => probe.calls));
  let next = 0;
  const results = probes.map((probe) => {
    const from = next;
    next += probe.calls.length;
    return probe.read(answers.slice(from, next));
  });
  return results as { -readonly [K in keyof T]: T[K] extends Probe<infer R> ? R : never };
}
