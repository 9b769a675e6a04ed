/** Where lines are drawn: a terminal, or whatever takes the output instead. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

const ESCAPE = "\u001b[";
const ENTER = `${ESCAPE}?1049h${ESCAPE}?25l`;
const LEAVE = `${ESCAPE}?25h${ESCAPE}?1049l`;
const HOME = `${ESCAPE}H`;
const CLEAR_LINE = `${ESCAPE}K`;
const CLEAR_REST = `${ESCAPE}J`;

/**
 * Draws frame over frame without flicker: each line over the one before it, in one write, never an empty screen in
 * between. To a file or a pipe each frame that differs goes as plain text.
 */
export class Display {
  readonly #output: Output;
  #last = "";
  #isOpen = false;

  constructor(output: Output) {
    this.#output = output;
  }

  get columns(): number {
    return this.#output.columns ?? 120;
  }

  get rows(): number {
    return this.#output.rows ?? 45;
  }

  get isTerminal(): boolean {
    return this.#output.isTTY === true;
  }

  draw(lines: readonly string[]): void {
    const frame = lines.join("\n");
    if (frame === this.#last) return;
    this.#last = frame;
    if (!this.isTerminal) {
      this.#output.write(`${frame}\n\n`);
      return;
    }
    const enter = this.#isOpen ? "" : ENTER;
    this.#isOpen = true;
    this.#output.write(
      `${enter}${HOME}${lines.map((line) => `${line}${CLEAR_LINE}`).join("\r\n")}${CLEAR_REST}`,
    );
  }

  /** Gives the terminal back as it was. */
  close(): void {
    if (this.#isOpen) this.#output.write(LEAVE);
    this.#isOpen = false;
  }
}
