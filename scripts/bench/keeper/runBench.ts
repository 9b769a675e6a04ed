import { writeFileSync } from "node:fs";
import { benchSize, type SizeDetails, type SizeResult } from "./benchSize.ts";
import { contractCheck } from "./contractCheck.ts";
import { crashBench, type CrashResult } from "./crash/crashBench.ts";
import { crashPrices } from "./crash/crashPrices.ts";
import { anvilProgram } from "./node/anvil.ts";
import { SIZES, type BenchOptions } from "./options.ts";
import { faultsOf, reportOf, tablesOf } from "./report.ts";

/** Accounts on which the reference is compared with the contract. */
const CHECKED_ACCOUNTS = 1_000;
/** Accounts on the real chain. */
const CRASH_ACCOUNTS = 20_000;
/** After the recorded crash: some 15 % more. */
const CRASH_BLOCKS = 40;
/** Milliseconds from block to block on the real chain; the block time is 12 s. */
const CRASH_BLOCK_MS = 3_000;

/** Runs everything, prints the tables and writes the report; whether nothing was wrong, however slow. */
export async function runBench(options: BenchOptions): Promise<boolean> {
  const { seed, thorough, json } = options;
  const startedAt = performance.now();
  const say = (text: string) => {
    console.log(`  ${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${text}`);
  };
  const crashAccounts = Math.min(options.accounts ?? Infinity, CRASH_ACCOUNTS);
  const crash = await crashOn(anvilProgram(), crashAccounts, seed, say);
  const contract = await contractCheck(CHECKED_ACCOUNTS, seed, say);
  const sizes = new Map<number, { result: SizeResult; details: SizeDetails }>();
  for (const accounts of options.accounts === undefined ? SIZES : [options.accounts]) {
    say(`${accounts.toLocaleString("en")} accounts, seed ${seed}`);
    sizes.set(accounts, await benchSize({ accounts, seed, isThorough: thorough, say }));
  }
  const measured = { sizes, contract, crash };
  console.log(["", ...tablesOf(measured), ""].join("\n"));
  const { wrong, slow } = faultsOf(measured);
  for (const sentence of [...wrong, ...slow]) console.error(`bench: ${sentence}`);
  if (json !== undefined) {
    writeFileSync(json, `${JSON.stringify(reportOf(seed, measured), null, 2)}\n`);
  }
  return wrong.length === 0;
}

/** Undefined where there is no anvil; the tables say so. */
async function crashOn(
  program: string | undefined,
  accounts: number,
  seed: number,
  say: (text: string) => void,
): Promise<CrashResult | undefined> {
  if (program === undefined) return undefined;
  say(`${accounts.toLocaleString("en")} accounts on anvil, seed ${seed}`);
  const prices = crashPrices(seed, CRASH_BLOCKS);
  return crashBench(program, { accounts, seed, prices, blockMs: CRASH_BLOCK_MS, say });
}
