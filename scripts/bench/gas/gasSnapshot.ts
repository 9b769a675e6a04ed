import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "../../compile.ts";
import { OPERATIONS, type OperationName } from "./operations.ts";

/** Gas of our operations. */
export type GasRows = Readonly<Record<OperationName, number>>;

const FILE = join(root, "snapshots", "gas.json");
/** What a mock more or less in the build moves by chance: the compiler lays code out anew. */
const TOLERANCE = 0.001;

export function writeSnapshot(rows: GasRows): void {
  mkdirSync(dirname(FILE), { recursive: true });
  const ordered = Object.fromEntries(OPERATIONS.map(({ name }) => [name, rows[name]]));
  writeFileSync(FILE, `${JSON.stringify(ordered, null, 2)}\n`);
}

export function readSnapshot(): Readonly<Partial<Record<OperationName, number>>> {
  return JSON.parse(readFileSync(FILE, "utf8")) as Partial<Record<OperationName, number>>;
}

/** One line for each row that is not as kept, within a thousandth. */
export function differences(kept: ReturnType<typeof readSnapshot>, rows: GasRows): string[] {
  return OPERATIONS.flatMap(({ name }) => {
    const before = kept[name];
    const now = rows[name];
    if (before === undefined) return [`${name}: ${now}, not kept so far`];
    if (Math.abs(now - before) <= before * TOLERANCE) return [];
    const change = now - before;
    const sign = change > 0 ? "+" : "";
    return [`${name}: ${now} instead of ${before} (${sign}${change})`];
  });
}
