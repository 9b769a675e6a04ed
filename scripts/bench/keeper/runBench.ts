import { writeFileSync } from "node:fs";
import { benchSize, type SizeDetails, type SizeResult } from "./benchSize.ts";
import { contractCheck } from "./contractCheck.ts";
import { SIZES, type BenchOptions } from "./options.ts";
import { faultsOf, reportOf, tablesOf } from "./report.ts";

/** Accounts on which the reference is compared with the contract. */
const CHECKED_ACCOUNTS = 1_000;

/** Runs everything, prints the tables and writes the report; whether nothing was wrong, however slow. */
export async function runBench(options: BenchOptions, checkedAccounts = CHECKED_ACCOUNTS): Promise<boolean> {
  const { seed, thorough, json } = options;
  const startedAt = performance.now();
  const say = (text: string) => {
    console.log(`  ${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${text}`);
  };
  const sizes = new Map<number, { result: SizeResult; details: SizeDetails }>();
  for (const accounts of options.accounts === undefined ? SIZES : [options.accounts]) {
    say(`${accounts.toLocaleString("en")} accounts, seed ${seed}`);
    sizes.set(accounts, await benchSize({ accounts, seed, isThorough: thorough, say }));
  }
  const contract = await contractCheck(checkedAccounts, seed, say);
  console.log(["", ...tablesOf(sizes, contract), ""].join("\n"));
  const { wrong, slow } = faultsOf(sizes, contract);
  for (const sentence of [...wrong, ...slow]) console.error(`bench: ${sentence}`);
  if (json !== undefined) {
    writeFileSync(json, `${JSON.stringify(reportOf(seed, sizes), null, 2)}\n`);
  }
  return wrong.length === 0;
}
