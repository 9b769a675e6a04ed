import { existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import type { Fault } from "./fault.ts";
import type { CrashName } from "./prices/priceSeries.ts";

export type KeeperMode = "on" | "off" | "slow";
/** What runs on after the replay. */
export type Kept = "all" | "chain";

export interface DemoOptions {
  readonly crash: CrashName;
  readonly prices?: string;
  readonly prices2?: string;
  readonly beta?: string;
  readonly accounts: number;
  readonly seed: number;
  readonly positions?: string;
  readonly json?: string;
  readonly report?: string;
  readonly keeperLog?: string;
  /** The first collateral's feed and the sequencer fail in the middle of the crash. */
  readonly outage: boolean;
  /** The first collateral's feed answers too low in a calm stretch. */
  readonly accident: boolean;
  readonly keeper: KeeperMode;
  readonly fault?: Fault;
  /** Wall-clock milliseconds between blocks; by the number of accounts when nothing is said. */
  readonly beat?: number;
  readonly keep?: Kept;
}

const MOST_ACCOUNTS = 20_000;
const MOST_SEED = 2 ** 32 - 1;
const DEFAULT_ACCOUNTS = 300;

/** The demo's command line; what it was given goes to `act`. */
export function demoProgram(act: (options: DemoOptions) => Promise<void>): Command {
  return new Command("demo")
    .description("Replays a real crash on a local chain: accounts are called, cured and liquidated.")
    .addOption(
      new Option("--crash <name>", "the crash to replay")
        .choices(["flash", "black-thursday"])
        .default("flash"),
    )
    .option("--prices <file>", "CSV of the first collateral's price, instead of a crash by name")
    .option("--prices2 <file>", "CSV of the second collateral's price; without it, it follows the first")
    .option("--beta <factor>", "how many times the first price's return the second one makes")
    .option("--accounts <n>", "accounts to draw", integerOf("--accounts", 1, MOST_ACCOUNTS), DEFAULT_ACCOUNTS)
    .option("--seed <n>", "decides everything that is drawn", integerOf("--seed", 0, MOST_SEED), 1)
    .option("--positions <file>", "CSV of real positions, instead of drawn accounts")
    .option("--json <file>", "write a machine-readable report", writable)
    .option("--report <file>", "write the page with charts there", writable)
    .option("--keeper-log <file>", "write what the keeper says there, as JSON lines", writable)
    .option("--outage", "let the first feed and the sequencer fail in the middle of the crash", false)
    .option("--accident", "let the first feed answer 3 % too low for 20 minutes of calm", false)
    .addOption(
      new Option("--keeper <mode>", "whether and how fast a keeper runs")
        .choices(["on", "off", "slow"])
        .default("on"),
    )
    .addOption(new Option("--fault <what>", "break something, to see that it is noticed").choices(["ledger"]))
    .option("--beat <ms>", "wall-clock milliseconds between blocks", integerOf("--beat", 20, 60_000))
    .addOption(
      new Option("--keep [what]", "let chain and keeper run on afterwards, or the chain alone, until Ctrl-C")
        .choices(["all", "chain"])
        .preset("all"),
    )
    .allowExcessArguments(false)
    .showSuggestionAfterError(false)
    .exitOverride()
    .action((options: DemoOptions) => act(options));
}

function integerOf(name: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`${name} takes an integer from ${least} to ${most}.`);
  };
}

/** Found out before anything starts, not after the replay. */
function writable(file: string): string {
  const folder = dirname(resolve(file));
  if (!existsSync(folder)) throw new InvalidArgumentError(`There is no folder ${folder}.`);
  if (existsSync(file) && statSync(file).isDirectory()) {
    throw new InvalidArgumentError(`${file} is a folder.`);
  }
  return file;
}
