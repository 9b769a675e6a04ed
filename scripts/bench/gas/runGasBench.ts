import { writeFileSync } from "node:fs";
import { compileOrExit } from "../../compile.ts";
import { GasChain } from "./gasChain.ts";
import { differences, readSnapshot, writeSnapshot, type GasRows } from "./gasSnapshot.ts";
import { gasTable, printedTable } from "./gasTable.ts";
import { groupTable } from "./groupTable.ts";
import { OPERATIONS } from "./operations.ts";
import type { GasOptions } from "./options.ts";
import { measureOurs } from "./ours.ts";

/** Runs what was asked for and prints it; false when it found something wrong, which it has said. */
export async function runGasBench(options: GasOptions): Promise<boolean> {
  await compileOrExit("production");
  const { rows, ours } = await measureOurs(await GasChain.start());
  const gas = Object.fromEntries(OPERATIONS.map(({ name }) => [name, rows[name].gas])) as GasRows;
  if (options.check) return check(gas);
  if (options.snapshot) {
    writeSnapshot(gas);
    console.log("gas: written to snapshots/gas.json");
    return true;
  }
  const table = gasTable(gas);
  console.log(printedTable(table));
  if (options.groups) {
    for (const { name, title } of OPERATIONS)
      console.log(`\n${groupTable(title, rows[name].breakdown, ours.names)}`);
  }
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify({ ops: table }, null, 2)}\n`);
  return true;
}

function check(rows: GasRows): boolean {
  const lines = differences(readSnapshot(), rows);
  for (const line of lines) console.error(line);
  console.log(
    lines.length === 0
      ? "gas: as it was"
      : "gas: changed; if this is meant, run `npm run bench:gas -- --snapshot` and commit what it writes",
  );
  return lines.length === 0;
}
