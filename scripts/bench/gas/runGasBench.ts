import { writeFileSync } from "node:fs";
import { compileOrExit } from "../../compile.ts";
import { differenceTable, type Explained } from "./differenceTable.ts";
import { GasChain, type Measurement } from "./gasChain.ts";
import { differences, readSnapshot, writeSnapshot, type GasRows } from "./gasSnapshot.ts";
import { writeGasPage } from "./gasPage.ts";
import { gasTable, printedTable, type GasTable } from "./gasTable.ts";
import { groupTable } from "./groupTable.ts";
import { OPERATIONS } from "./operations.ts";
import type { GasOptions } from "./options.ts";
import { measureOurs, type OurMeasurements } from "./ours.ts";
import { measureAave } from "./peers/aave.ts";
import { strangePeers } from "./peers/knownPeers.ts";
import { measureMorpho } from "./peers/morpho.ts";

/** Runs what was asked for and prints it; false when it found something wrong, which it has said. */
export async function runGasBench(options: GasOptions): Promise<boolean> {
  await compileOrExit("production");
  const { rows, ours } = await measureOurs(await GasChain.start());
  if (options.check) return check(gasOf(rows));
  if (options.snapshot) {
    writeSnapshot(gasOf(rows));
    console.log("gas: written to snapshots/gas.json");
    return true;
  }
  const table = options.ours ? onlyOurs(rows) : await besidePeers(rows, options.docs);
  if (table === undefined) return false;
  if (options.groups) {
    for (const { name, title } of OPERATIONS)
      console.log(`\n${groupTable(title, await rows[name].explain(), ours.names)}`);
  }
  if (options.json !== undefined) {
    writeFileSync(options.json, `${JSON.stringify({ ops: table }, null, 2)}\n`);
  }
  return true;
}

function onlyOurs(rows: OurMeasurements): GasTable {
  const table = gasTable(gasOf(rows));
  console.log(printedTable(table));
  return table;
}

/** Measures the peers and prints both tables; undefined when a peer does not cost what it is known to cost. */
async function besidePeers(rows: OurMeasurements, isForDocs: boolean): Promise<GasTable | undefined> {
  const morpho = await measureMorpho(await GasChain.start());
  const aave = await measureAave(await GasChain.start());
  const peers = { morpho: gasOf(morpho), aave: gasOf(aave) };
  const table = gasTable(gasOf(rows), peers);
  const explained = { Morpho: await explain(morpho), Aave: await explain(aave) };
  const printed = `${printedTable(table)}\n\n${differenceTable(await explain(rows), explained)}`;
  console.log(printed);
  const strange = strangePeers(peers);
  for (const sentence of strange) console.error(`${sentence}: this run is void`);
  if (strange.length > 0) return undefined;
  if (isForDocs) writeGasPage(table, printed);
  return table;
}

function gasOf<Name extends string>(
  rows: Readonly<Record<Name, Measurement>>,
): Readonly<Record<Name, number>> {
  const entries = Object.entries<Measurement>(rows).map(([name, { gas }]) => [name, gas] as const);
  return Object.fromEntries(entries) as Record<Name, number>;
}

async function explain<Name extends string>(
  rows: Readonly<Record<Name, Measurement>>,
): Promise<Readonly<Record<Name, Explained>>> {
  const explained: Partial<Record<string, Explained>> = {};
  for (const [name, row] of Object.entries<Measurement>(rows)) {
    explained[name] = { gas: row.gas, breakdown: await row.explain() };
  }
  return explained as Record<Name, Explained>;
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
