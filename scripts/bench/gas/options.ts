import { Command } from "commander";
import { writable } from "../writable.ts";

export interface GasOptions {
  readonly json?: string;
  /** Our rows alone: neither compiles the peers nor compares with them. */
  readonly ours: boolean;
  /** Prints what each row's gas is spent on, contract by contract. */
  readonly groups: boolean;
  /** Draws docs/bench-gas.svg and puts the tables into docs/bench-gas.md. */
  readonly docs: boolean;
  readonly snapshot: boolean;
  readonly check: boolean;
}

/** The bench's command line; what it was given goes to `act`. */
export function gasProgram(act: (options: GasOptions) => Promise<void>): Command {
  return new Command("bench:gas")
    .description("Measures what the vault's operations cost, beside Morpho Blue and Aave v3.6.")
    .option("--json <file>", "write the table there", writable)
    .option("--ours", "our rows alone", false)
    .option("--groups", "print what each row's gas is spent on, contract by contract", false)
    .option("--docs", "draw docs/bench-gas.svg and put the tables into docs/bench-gas.md", false)
    .option("--snapshot", "write our rows to snapshots/gas.json, and measure nothing else", false)
    .option("--check", "compare our rows with snapshots/gas.json, and measure nothing else", false)
    .allowExcessArguments(false)
    .showSuggestionAfterError(false)
    .exitOverride()
    .action((options: GasOptions) => act(options));
}
