import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../compile.ts";
import { gasChart } from "./gasChart.ts";
import type { GasTable } from "./gasTable.ts";

const PAGE = join(root, "docs", "bench-gas.md");
const PICTURE = join(root, "docs", "bench-gas.svg");
/** The page's first block of text as printed, under its own heading. */
const PRINTED = /(## Printed\n\n```\n)[^]*?(\n```\n)/;

/** Draws docs/bench-gas.svg and puts what was printed into docs/bench-gas.md. Throws when it has no place there. */
export function writeGasPage(table: GasTable, printed: string): void {
  const page = readFileSync(PAGE, "utf8");
  if (!PRINTED.test(page)) throw new Error("docs/bench-gas.md has no heading Printed with a block of text");
  writeFileSync(
    PAGE,
    page.replace(PRINTED, (_, before: string, after: string) => before + printed + after),
  );
  writeFileSync(PICTURE, gasChart(table));
}
