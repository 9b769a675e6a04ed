import { randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError, messageOf } from "../errors.ts";
import type { Log } from "../log.ts";
import { parseAlertRequest } from "./alertRequest.ts";
import type { SubscriptionDesk } from "./subscriptionDesk.ts";

export interface InboxOptions {
  readonly folder: string;
  readonly desk: Pick<SubscriptionDesk, "take">;
  readonly log: Log;
}

const LOOK_MS = 1_000;
const MOST_BYTES = 16_384;
const MOST_AT_ONCE = 100;
const REQUEST = /^[0-9a-f-]{36}\.json$/;

/**
 * A folder through which a running keeper, which alone may write to its store, takes in requests that were given to the
 * command line. Each is answered by a file beside it, and gone when it is answered.
 */
export class Inbox {
  readonly #options: InboxOptions;

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  /** Until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look();
      await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Takes in what lies there. Does not throw. */
  async look(): Promise<void> {
    const { folder, desk, log } = this.#options;
    try {
      for (const name of requestsIn(folder)) {
        const file = join(folder, name);
        const taken = await desk.take(contentOf(file));
        if (taken.kind === "refused" && taken.reason === "notReady") return;
        writeFileSync(answerTo(file), JSON.stringify(taken));
        rmSync(file, { force: true });
      }
    } catch (error) {
      log.warn("alerts.inboxFailed", { folder, error: messageOf(error) });
    }
  }
}

/**
 * Hands a request over to the keeper that runs with this folder, and waits for its answer; undefined when none came in
 * time, and then it will be taken in when a keeper runs. Throws a `UserError` for a file that holds no request.
 */
export async function handIn(file: string, folder: string, waitMs: number): Promise<string | undefined> {
  const request = join(folder, `${randomUUID()}.json`);
  try {
    const json = contentOf(file);
    const parsed = parseAlertRequest(json);
    if ("fault" in parsed) throw new UserError(`${file}: ${parsed.fault}`);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // Whole or not at all.
    writeFileSync(`${request}.new`, JSON.stringify(json), { mode: 0o600 });
    renameSync(`${request}.new`, request);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${file} cannot be handed in: ${messageOf(error)}`, { cause: error });
  }
  const until = performance.now() + waitMs;
  while (performance.now() < until) {
    const answer = statSync(answerTo(request), { throwIfNoEntry: false });
    if (answer !== undefined && answer.size > 0) {
      const text = readFileSync(answerTo(request), "utf8");
      rmSync(answerTo(request), { force: true });
      return text;
    }
    await sleep(100);
  }
  return undefined;
}

function requestsIn(folder: string): string[] {
  if (statSync(folder, { throwIfNoEntry: false }) === undefined) return [];
  return readdirSync(folder)
    .filter((name) => REQUEST.test(name))
    .slice(0, MOST_AT_ONCE);
}

/** The JSON in a file, or what makes `take` say that it is none. */
function contentOf(file: string): unknown {
  if (statSync(file).size > MOST_BYTES) return undefined;
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

function answerTo(request: string): string {
  return request.replace(/\.json$/, ".answer");
}
