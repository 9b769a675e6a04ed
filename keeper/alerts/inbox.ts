import { randomUUID } from "node:crypto";
import {
  closeSync,
  fchownSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError, messageOf } from "../errors.ts";
import type { Log } from "../log.ts";
import { keeperUserOf } from "../store/keeperUser.ts";
import { parseAlertRequest } from "./alertRequest.ts";
import type { SubscriptionDesk } from "./subscriptionDesk.ts";

export interface InboxOptions {
  readonly folder: string;
  readonly desk: Pick<SubscriptionDesk, "take">;
  /** Milliseconds; runs only forward. */
  readonly nowMs: () => number;
  readonly log: Log;
}

const LOOK_MS = 1_000;
const SAY_AGAIN_MS = 600_000;
const MOST_BYTES = 16_384;
const MOST_AT_ONCE = 100;
const REQUEST = /^[0-9a-f-]{36}\.json$/;

/**
 * A folder through which a running keeper, which alone may write to its store, takes in requests that were given to the
 * command line. Each is answered by a file beside it, and gone when it is answered.
 */
export class Inbox {
  readonly #options: InboxOptions;
  #underWay: Promise<void> | undefined;
  /** When it was said of a path that it cannot be read, while it cannot. */
  #saidAtMs: ReadonlyMap<string, number> = new Map();

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

  /**
   * Takes in what lies there; whoever asks while that goes on waits for the same look, for two would take a request in
   * twice. Does not throw.
   */
  look(): Promise<void> {
    this.#underWay ??= this.#takeAll().finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  async #takeAll(): Promise<void> {
    const { folder } = this.#options;
    const faults = new Map<string, string>();
    let taken = 0;
    try {
      for (const name of requestsIn(folder)) {
        const file = join(folder, name);
        try {
          if (taken === MOST_AT_ONCE || !(await this.#take(file))) break;
          taken += 1;
        } catch (error) {
          // It stays: what it asks is not known, and those behind it need not wait.
          faults.set(file, messageOf(error));
        }
      }
    } catch (error) {
      faults.set(folder, messageOf(error));
    }
    this.#say(faults);
  }

  /** Whether the desk takes requests now. Throws where the file cannot be read. */
  async #take(file: string): Promise<boolean> {
    const taken = await this.#options.desk.take(contentOf(file));
    if (taken.kind === "refused" && taken.reason === "notReady") return false;
    writeFileSync(answerTo(file), JSON.stringify(taken));
    rmSync(file, { force: true });
    return true;
  }

  #say(faults: ReadonlyMap<string, string>): void {
    const { log, nowMs } = this.#options;
    const now = nowMs();
    const saidAtMs = new Map<string, number>();
    for (const [path, error] of faults) {
      const before = this.#saidAtMs.get(path);
      const isSaid = before !== undefined && now - before < SAY_AGAIN_MS;
      if (!isSaid) log.warn("alerts.inboxFailed", { path, error });
      saidAtMs.set(path, isSaid ? before : now);
    }
    this.#saidAtMs = saidAtMs;
  }
}

/**
 * Hands a request over to the keeper that runs with this folder, and waits for its answer; undefined when none came in
 * time, and then it will be taken in when a keeper runs. What root hands in is made the keeper's, who could not read it
 * otherwise. Throws a `UserError` for a file that holds no request.
 */
export async function handIn(
  file: string,
  { folder, storeFile }: { readonly folder: string; readonly storeFile: string },
  waitMs: number,
): Promise<string | undefined> {
  const request = join(folder, `${randomUUID()}.json`);
  try {
    const json = contentOf(file);
    const parsed = parseAlertRequest(json);
    if ("fault" in parsed) throw new UserError(`${file}: ${parsed.fault}`);
    leave(JSON.stringify(json), request, folder, storeFile);
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

/** Whole or not at all. */
function leave(text: string, request: string, folder: string, storeFile: string): void {
  const keeper = process.geteuid?.() === 0 ? keeperUserOf(storeFile) : undefined;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // Only a folder of root's own, and never what a link leads to: who owns the store might have put a link there.
  if (keeper !== undefined && lstatSync(folder).uid === 0) lchownSync(folder, keeper.uid, keeper.gid);
  const descriptor = openSync(`${request}.new`, "wx", 0o600);
  try {
    if (keeper !== undefined) fchownSync(descriptor, keeper.uid, keeper.gid);
    writeFileSync(descriptor, text);
  } finally {
    closeSync(descriptor);
  }
  renameSync(`${request}.new`, request);
}

function requestsIn(folder: string): string[] {
  if (statSync(folder, { throwIfNoEntry: false }) === undefined) return [];
  return readdirSync(folder).filter((name) => REQUEST.test(name));
}

/** The JSON in a file, or what makes `take` say that it is none. Throws where it cannot be read. */
function contentOf(file: string): unknown {
  if (statSync(file).size > MOST_BYTES) return undefined;
  const text = readFileSync(file, "utf8");
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function answerTo(request: string): string {
  return request.replace(/\.json$/, ".answer");
}
