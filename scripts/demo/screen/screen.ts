import type { Happenings } from "../record/journal.ts";
import { amountText, percentText, timeText } from "./wording.ts";

/** How far the replay is. */
export interface Progress {
  readonly roundsDone: number;
  readonly rounds: number;
  readonly block: number;
  readonly at: number;
  readonly openCalls: number;
}

const BAR_CELLS = 24;
/** Without a terminal the bar would fill a log: a line from time to time says the same. */
const PLAIN_EVERY_MS = 5_000;

/** The demo's words on standard output: a running account and, below it, a progress bar. */
export class Screen {
  readonly #out: NodeJS.WriteStream;
  #bar = "";
  #plainAt = 0;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  /** A line that stays. */
  say(line: string): void {
    this.#clear();
    this.#out.write(`${line}\n`);
    this.#draw();
  }

  progress({ roundsDone, rounds, block, at, openCalls }: Progress): void {
    const share = rounds === 0 ? 1 : roundsDone / rounds;
    const cells = Math.round(share * BAR_CELLS);
    const bar = `${"█".repeat(cells)}${"░".repeat(BAR_CELLS - cells)}`;
    const line = `${bar} ${Math.round(share * 100)} %  ${timeText(at)}  block ${block}  ${openCalls} calls open`;
    if (this.#out.isTTY) {
      this.#clear();
      this.#bar = line.slice(0, this.#out.columns - 1);
      this.#draw();
    } else if (performance.now() - this.#plainAt > PLAIN_EVERY_MS) {
      this.#plainAt = performance.now();
      this.#out.write(`${line}\n`);
    }
  }

  /** What is being done, where a bar would stand; on a terminal only. */
  note(text: string): void {
    if (!this.#out.isTTY) return;
    this.#clear();
    this.#bar = text;
    this.#draw();
  }

  /** Takes the bar away. */
  end(): void {
    this.#clear();
    this.#bar = "";
  }

  #clear(): void {
    if (this.#bar !== "") this.#out.write("\r\x1b[2K");
  }

  #draw(): void {
    if (this.#bar !== "") this.#out.write(this.#bar);
  }
}

/** What happened in one block, in a line; undefined when it was nothing worth a word. */
export function happeningsText(happenings: Happenings): string | undefined {
  const { called, cured, recovered, takes, loss } = happenings;
  const parts = [
    called > 0 ? `${called} called` : "",
    cured > 0 ? `${cured} cured` : "",
    recovered > 0 ? `${recovered} recovered` : "",
    takesText(takes),
    loss > 0n ? `bad debt of ${amountText(loss)} USDC` : "",
  ].filter((part) => part !== "");
  return parts.length === 0 ? undefined : parts.join(", ");
}

function takesText(takes: Happenings["takes"]): string {
  const [first] = takes;
  if (first === undefined) return "";
  const repaid = takes.reduce((sum, take) => sum + take.repaid, 0n);
  const critical = takes.filter((take) => take.critical).length;
  const kind = critical > 0 ? ` (${critical} critical)` : "";
  const tranches = takes.length === 1 ? "1 tranche" : `${takes.length} tranches`;
  return `${tranches} taken${kind}: ${amountText(repaid)} USDC at ${percentText(first.discountWad)}`;
}
