import { OPERATIONS, type OperationName } from "./operations.ts";

/** Gas of a peer's operations; what it does not have is left out. */
export type PeerRows = Readonly<Partial<Record<OperationName, number>>>;

/** One row as it is written and drawn. */
export interface GasRow {
  readonly ours: number;
  readonly target: number;
  readonly morpho?: number;
  readonly aave?: number;
}

export type GasTable = Readonly<Record<OperationName, GasRow>>;

/** Puts what was measured beside its targets. */
export function gasTable(
  ours: Readonly<Record<OperationName, number>>,
  peers: { readonly morpho?: PeerRows; readonly aave?: PeerRows } = {},
): GasTable {
  const rows = OPERATIONS.map(({ name, target }): [OperationName, GasRow] => {
    const morpho = peers.morpho?.[name];
    const aave = peers.aave?.[name];
    return [
      name,
      {
        ours: ours[name],
        target,
        ...(morpho === undefined ? {} : { morpho }),
        ...(aave === undefined ? {} : { aave }),
      },
    ];
  });
  return Object.fromEntries(rows) as GasTable;
}

const TITLE_WIDTH = Math.max(...OPERATIONS.map(({ title }) => title.length));
const HEADINGS = ["ours", "target", "ours/t.", "Morpho", "ours/M.", "Aave", "ours/A."];

/** The table as it is printed: gas, and ours as a multiple of each other column. */
export function printedTable(table: GasTable): string {
  const lines = OPERATIONS.map(({ name, title }) => {
    const { ours, target, morpho, aave } = table[name];
    const cells = [
      grouped(ours),
      grouped(target),
      ratio(ours, target),
      grouped(morpho),
      ratio(ours, morpho),
      grouped(aave),
      ratio(ours, aave),
    ];
    return line(title, cells);
  });
  return [line("", HEADINGS), ...lines].join("\n");
}

function line(title: string, cells: readonly string[]): string {
  return [title.padEnd(TITLE_WIDTH), ...cells.map((cell) => cell.padStart(8))].join(" ").trimEnd();
}

function grouped(gas: number | undefined): string {
  return gas === undefined ? "-" : gas.toLocaleString("en");
}

function ratio(ours: number, other: number | undefined): string {
  return other === undefined ? "" : (ours / other).toFixed(2);
}
