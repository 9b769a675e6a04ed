import { setTimeout as sleep } from "node:timers/promises";

/** The part of a beat, from its start, in which the check leaves the node to the keeper. */
const KEEPERS_PART = 0.6;
/** With more blocks than this waiting, the check no longer waits for its turn. */
const PATIENT_BACKLOG = 60;

/** A grid of wall-clock time, fixed before the start: blocks come at its lines and nowhere else. */
export class Beat {
  /** Lines that were passed over because the work of a block took longer than a beat. */
  overruns = 0;
  readonly #ms: number;
  #start = 0;
  #line = 0;
  #running = false;

  constructor(ms: number) {
    this.#ms = ms;
  }

  start(): void {
    this.#start = performance.now();
    this.#line = 0;
    this.#running = true;
  }

  stop(): void {
    this.#running = false;
  }

  /** Resolves at the next line; one that has passed already is lost. Rejects when `signal` is aborted. */
  async next(signal: AbortSignal): Promise<void> {
    const passed = (performance.now() - this.#start) / this.#ms;
    const line = Math.max(this.#line + 1, Math.ceil(passed));
    this.overruns += line - this.#line - 1;
    this.#line = line;
    const wait = this.#start + line * this.#ms - performance.now();
    signal.throwIfAborted();
    if (wait > 0) await sleep(wait, undefined, { signal });
  }

  /** Resolves when the check may use the node: in the later part of a beat, at once when the replay is over. */
  async turn(backlog: number): Promise<void> {
    if (!this.#running || backlog > PATIENT_BACKLOG) return;
    const phase = ((performance.now() - this.#start) / this.#ms) % 1;
    if (phase < KEEPERS_PART) await sleep((KEEPERS_PART - phase) * this.#ms);
  }
}
