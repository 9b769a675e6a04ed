import { setTimeout as sleep } from "node:timers/promises";
import { RetryableError } from "../errors.ts";
import type { Log } from "../log.ts";

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;

/**
 * Repeats a *read* until it succeeds or the signal aborts: the chain does not go away because an endpoint does, and a
 * range given up would be accounts forgotten. Waits twice as long each time, at random within the last half of it, so
 * that keepers do not come back in step. Other errors than `RetryableError` pass through.
 * @param attempts For who would rather end than wait for ever: after so many the last failure is thrown.
 */
export async function retry<T>(
  what: string,
  read: () => Promise<T>,
  log: Log,
  signal: AbortSignal,
  attempts = Infinity,
): Promise<T> {
  for (let attempt = 0; ; ++attempt) {
    try {
      return await read();
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!(error instanceof RetryableError) || attempt + 1 >= attempts) throw error;
      const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt);
      const waitMs = error.retryAfterMs ?? longest * (0.5 + Math.random() / 2);
      log.warn("rpc.retried", {
        what,
        attempt: attempt + 1,
        waitMs: Math.round(waitMs),
        error: error.message,
      });
      await sleep(waitMs, undefined, { signal });
    }
  }
}
