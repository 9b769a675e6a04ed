/*
 * `npm run bench:gas -- [--json FILE] [--ours] [--groups] [--docs]`: what our vault's operations cost, whole transactions on
 * Hardhat's chain in the production profile, beside Morpho Blue and Aave v3.6 measured in the same run; docs/bench-gas.md
 * says under which conditions. `--snapshot` writes our rows to snapshots/gas.json, `--check` (`npm run gas:check`)
 * compares them with it. Ends with 1 when something was wrong and with 2 for options that cannot be used.
 */
import { CommanderError } from "commander";
import { gasProgram } from "./gas/options.ts";
import { runGasBench } from "./gas/runGasBench.ts";

const EXIT_WRONG = 1;
const EXIT_INPUT = 2;

try {
  await gasProgram(async (options) => {
    if (!(await runGasBench(options))) process.exitCode = EXIT_WRONG;
  }).parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : EXIT_INPUT;
}
