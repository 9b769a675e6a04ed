import { pauseEnd, stopOf, type ClockState } from "../sdk/clockState.ts";
import type { Log } from "./log.ts";

/** Logs when the protocol's clock stops, for what, and when it runs again: each stop once, and again when it changes. */
export class ClockReporter {
  readonly #log: Log;
  #stop: { readonly by: string; readonly until: bigint | undefined } | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  seen(block: number, clock: ClockState): void {
    const { uptime, protectedUntil } = clock.moment;
    const by = stopOf(clock);
    if (by === undefined) {
      if (this.#stop !== undefined) this.#log.info("clock.runs", { block, uptime, protectedUntil });
      this.#stop = undefined;
      return;
    }
    // Nobody knows when an outage ends.
    const until = by === "sequencerDown" ? undefined : pauseEnd(clock);
    if (this.#stop?.by === by && this.#stop.until === until) return;
    this.#stop = { by, until };
    this.#log.warn("clock.stopped", { block, by, until, uptime, protectedUntil });
  }
}
