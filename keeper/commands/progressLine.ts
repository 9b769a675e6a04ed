import type { Output } from "../statusView/display.ts";

/** How often a terminal is drawn anew, and how often a file or a pipe gets a line. Milliseconds. */
const TERMINAL_EVERY_MS = 100;
const LINES_EVERY_MS = 5_000;
const CLEAR_LINE = "\r\u001b[K";

/** How far something long has come: one line that is written over in a terminal, and a line now and then elsewhere. */
export class ProgressLine {
  readonly #output: Output;
  readonly #now: () => number;
  #saidAtMs: number;
  #isDrawn = false;

  /** @param now Milliseconds of a clock that only runs forward. */
  constructor(output: Output, now: () => number = () => performance.now()) {
    this.#output = output;
    this.#now = now;
    // What is over at once needs no line.
    this.#saidAtMs = now();
  }

  say(text: () => string): void {
    const isTerminal = this.#output.isTTY === true;
    const everyMs = isTerminal ? TERMINAL_EVERY_MS : LINES_EVERY_MS;
    if (this.#now() - this.#saidAtMs < everyMs) return;
    this.#saidAtMs = this.#now();
    const line = text().slice(0, Math.max(20, (this.#output.columns ?? 100) - 1));
    this.#output.write(isTerminal ? `${CLEAR_LINE}${line}` : `${line}\n`);
    this.#isDrawn = isTerminal;
  }

  /** Takes the line away again. */
  clear(): void {
    if (this.#isDrawn) this.#output.write(CLEAR_LINE);
    this.#isDrawn = false;
  }
}
