import { Command, InvalidArgumentError } from "commander";
import { writable } from "../writable.ts";

export interface BenchOptions {
  /** One size only; undefined: all. */
  readonly accounts?: number;
  readonly seed: number;
  readonly json?: string;
  /** Everything is compared after every block. */
  readonly thorough: boolean;
}

export const SIZES = [1_000, 10_000, 100_000, 1_000_000] as const;
const MOST_ACCOUNTS = 4_000_000;
const MOST_SEED = 2 ** 32 - 1;

/** The bench's command line; what it was given goes to `act`. */
export function benchProgram(act: (options: BenchOptions) => Promise<void>): Command {
  return new Command("bench:keeper")
    .description("Measures how fast the keeper finds who crossed a threshold, and that it misses nobody.")
    .option(
      "--accounts <n>",
      "one size instead of all, and no more accounts on the real chain",
      integerOf("--accounts", 100, MOST_ACCOUNTS),
    )
    .option(
      "--seed <n>",
      "decides the population, the prices and what accounts do",
      integerOf("--seed", 0, MOST_SEED),
      1,
    )
    .option("--json <file>", "write what was measured there", writable)
    .option("--thorough", "compare with the full scan after every block; takes hours for the largest", false)
    .allowExcessArguments(false)
    .showSuggestionAfterError(false)
    .exitOverride()
    .action((options: BenchOptions) => act(options));
}

function integerOf(name: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text.replaceAll("_", ""));
    if (/^[\d_]+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`${name} takes an integer from ${least} to ${most}.`);
  };
}
