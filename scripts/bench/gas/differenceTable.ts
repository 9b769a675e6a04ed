import type { GasBreakdown, GasByGroup } from "./gasGroups.ts";
import { OPERATIONS, type OperationName } from "./operations.ts";

/** A measurement with what its gas was spent on. */
export interface Explained {
  readonly gas: number;
  readonly breakdown: GasBreakdown;
}

type Rows = Readonly<Partial<Record<OperationName, Explained>>>;

/** The columns: what of a breakdown goes together for a reader. */
const COLUMNS: readonly [title: string, of: (gas: GasByGroup) => number][] = [
  ["transaction", (gas) => gas.transaction],
  ["calls", (gas) => gas["call cold"] + gas["call warm"]],
  ["reads", (gas) => gas["sload cold"] + gas["sload warm"]],
  ["writes", (gas) => gas["sstore new"] + gas["sstore change"] + gas["sstore again"] + gas.refund],
  ["logs", (gas) => gas.log],
  ["code", (gas) => gas.rest + gas.keccak + gas.transient],
];

const NAME_WIDTH = Math.max(...OPERATIONS.map(({ name }) => name.length));

/**
 * For each operation what ours spends on what, and how much more (or less) that is than what its best peer does. Of a
 * batch it is one item's share.
 */
export function differenceTable(
  ours: Readonly<Record<OperationName, Explained>>,
  peers: { readonly Morpho: Rows; readonly Aave: Rows },
): string {
  const lines = OPERATIONS.flatMap(({ name }) => {
    const { gas, breakdown } = ours[name];
    const share = gas / sumOf(breakdown.total);
    const own = COLUMNS.map(([, of]) => Math.round(of(breakdown.total) * share));
    const best = bestOf(name, peers);
    if (best === undefined) return [line(name, "", own.map(grouped), grouped(gas))];
    const their = COLUMNS.map(([, of]) => of(best.measurement.breakdown.total));
    const more = own.map((amount, i) => signed(amount - (their[i] ?? 0)));
    return [
      line(name, "", own.map(grouped), grouped(gas)),
      line("", `against ${best.peer}`, more, signed(gas - best.measurement.gas)),
    ];
  });
  const titles = COLUMNS.map(([title]) => title);
  return [line("", "", titles, "in all"), ...lines].join("\n");
}

function bestOf(
  name: OperationName,
  peers: Readonly<Record<string, Rows>>,
): { peer: string; measurement: Explained } | undefined {
  const found = Object.entries(peers).flatMap(([peer, rows]) => {
    const measurement = rows[name];
    return measurement === undefined ? [] : [{ peer, measurement }];
  });
  return found.sort((a, b) => a.measurement.gas - b.measurement.gas)[0];
}

function sumOf(gas: GasByGroup): number {
  return COLUMNS.reduce((sum, [, of]) => sum + of(gas), 0);
}

function line(name: string, against: string, cells: readonly string[], sum: string): string {
  const columns = [...cells, sum].map((cell) => cell.padStart(11));
  return [name.padEnd(NAME_WIDTH), against.padEnd(14), ...columns].join(" ").trimEnd();
}

function grouped(gas: number): string {
  return gas.toLocaleString("en");
}

function signed(gas: number): string {
  return gas > 0 ? `+${grouped(gas)}` : grouped(gas);
}
