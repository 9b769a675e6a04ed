import { formatDuration } from "../../sdk/format.ts";

/** What is known of a keeper's freshness. Seconds. */
export interface ReadinessFacts {
  /** Why it has stopped; undefined while it runs. */
  readonly end: string | undefined;
  readonly hasDecided: boolean;
  /** Since there was a new block. */
  readonly stillSeconds: number;
  /** By which the newest block is behind the machine's clock; undefined before the first. */
  readonly ageSeconds: number | undefined;
  /** Undefined before the first block. */
  readonly endpointsInUse: number | undefined;
  /** For which endpoints have not agreed. */
  readonly unsureSeconds: number;
  /** For which no block was finished. */
  readonly failingSeconds: number;
}

export interface ReadinessLimits {
  readonly staleSeconds: number;
  readonly unsureSeconds: number;
}

/**
 * Why a keeper must not be relied upon, a sentence each; empty when it may. An engaged brake, a stop file or an empty
 * purse is no reason: it knows what is going on, and a restart would change nothing. Pure.
 */
export function notReadyFor(facts: ReadinessFacts, limits: ReadinessLimits): readonly string[] {
  const { end, hasDecided, stillSeconds, ageSeconds = 0, endpointsInUse } = facts;
  if (end !== undefined) return [`it has stopped: ${end}`];
  const reasons: string[] = [];
  const add = (isSo: boolean, reason: string) => {
    if (isSo) reasons.push(reason);
  };
  const { staleSeconds } = limits;
  add(!hasDecided, "no block has been decided upon yet");
  add(endpointsInUse === 0, "no endpoint is in use");
  add(hasDecided && stillSeconds > staleSeconds, `there has been no new block for ${lasting(stillSeconds)}`);
  add(ageSeconds > staleSeconds, `the newest block is ${lasting(ageSeconds)} old`);
  add(
    facts.unsureSeconds > limits.unsureSeconds,
    `endpoints have not agreed for ${lasting(facts.unsureSeconds)}`,
  );
  add(facts.failingSeconds > staleSeconds, `no block was finished for ${lasting(facts.failingSeconds)}`);
  return reasons;
}

function lasting(seconds: number): string {
  return formatDuration(BigInt(Math.floor(seconds)));
}
