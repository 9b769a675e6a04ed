import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

const PATIENCE_MS = 1_500;

/** The demo's child processes: none outlives it. */
export class Children {
  readonly #children = new Set<ChildProcess>();

  constructor() {
    // However the demo ends: this runs even after an error that nobody caught.
    process.on("exit", () => {
      for (const child of this.#children) child.kill("SIGKILL");
    });
  }

  add(child: ChildProcess): void {
    this.#children.add(child);
    child.once("exit", () => this.#children.delete(child));
  }

  /** Asks one to end, waits a little, and ends it. */
  async end(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGTERM");
    const waited = new AbortController();
    await Promise.race([
      gone,
      sleep(PATIENCE_MS, undefined, { signal: waited.signal }).catch(() => undefined),
    ]);
    waited.abort();
    child.kill("SIGKILL");
  }

  /** Ends all, the last started first. */
  async endAll(): Promise<void> {
    for (const child of [...this.#children].reverse()) await this.end(child);
  }
}
