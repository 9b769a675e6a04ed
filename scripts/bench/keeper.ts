/*
 * `npm run bench:keeper -- [--accounts N] [--seed N] [--json FILE] [--thorough]`: how fast the keeper's index finds who
 * crossed a threshold, after calm blocks and in a crash, how long it takes to come up and what memory it has, and what it
 * asks its endpoints when nothing happens, for 1,000 to 1,000,000 accounts; that it misses nobody against a full exact
 * scan, which is itself compared with the contract; and how many blocks it takes from price to call on a real chain.
 * Ends with 1 when something was wrong and with 2 for options that cannot be used; being slow is said, not failed.
 */
import { CommanderError } from "commander";
import { benchProgram } from "./keeper/options.ts";
import { runBench } from "./keeper/runBench.ts";

const EXIT_WRONG = 1;
const EXIT_INPUT = 2;

try {
  await benchProgram(async (options) => {
    if (!(await runBench(options))) process.exitCode = EXIT_WRONG;
  }).parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : EXIT_INPUT;
}
