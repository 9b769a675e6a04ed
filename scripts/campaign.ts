/*
 * `npm run campaign -- [--calls N] [--seed S] [--depth D]`: the stateful campaign of test/sol/Campaign.t.sol with as many
 * calls as wanted (500,000 unless told otherwise), from a fresh random seed unless one is given. Prints the seed, what
 * was called and how often it succeeded, what was reached, and how often each invariant was asked. Ends non-zero when an
 * invariant broke, when a handler succeeded in less than 30 % of its calls, or when something was never reached.
 * `npm test` runs it with `--all`, the other Solidity tests too, and `--brief`, without the tables.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readSeed, freshSeed } from "./campaign/seed.ts";
import { printTally } from "./campaign/printTally.ts";
import { runCampaign } from "./campaign/runCampaign.ts";
import { COUNTS_FILE, readTally, type Tally } from "./campaign/tally.ts";
import { shortfallsOf } from "./campaign/shortfalls.ts";
import { root } from "./compile.ts";

const PROGRESS_MILLISECONDS = 10_000;

const { values } = parseArgs({
  options: {
    calls: { type: "string", default: "500000" },
    depth: { type: "string", default: "250" },
    seed: { type: "string" },
    all: { type: "boolean", default: false },
    brief: { type: "boolean", default: false },
  },
});
const calls = readCount("calls", values.calls);
const depth = readCount("depth", values.depth);
const seed = values.seed === undefined ? freshSeed() : readSeed(values.seed);

function readCount(name: string, text: string): number {
  const count = Number(text.replaceAll("_", ""));
  if (!Number.isSafeInteger(count) || count < 1) throw new Error(`--${name} takes a number of at least 1`);
  return count;
}

function showProgress(): NodeJS.Timeout {
  const startedAt = performance.now();
  return setInterval(() => {
    if (!existsSync(join(root, COUNTS_FILE))) return;
    const { calls: done } = readTally();
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    console.log(
      `  ${done.toLocaleString("en")} of ${calls.toLocaleString("en")} calls, ${String(seconds)} s`,
    );
  }, PROGRESS_MILLISECONDS);
}

/** Prints what was counted, then what falls short; whether nothing does. */
function judge(tally: Tally): boolean {
  if (!values.brief) printTally(tally);
  const shortfalls = shortfallsOf(tally);
  for (const shortfall of shortfalls) console.error(`campaign: ${shortfall}`);
  return shortfalls.length === 0;
}

console.log(`campaign: ${calls.toLocaleString("en")} calls in runs of ${String(depth)}, seed ${seed}`);
const progress = showProgress();
const { success: held } = await runCampaign({ root, seed, calls, depth, all: values.all });
clearInterval(progress);
const isEnough = existsSync(join(root, COUNTS_FILE)) && judge(readTally());
console.log(`campaign: ${held && isEnough ? "everything held" : "FAILED"}, seed ${seed}`);
process.exitCode = held && isEnough ? 0 : 1;
