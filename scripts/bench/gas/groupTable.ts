import { GROUPS, type GasBreakdown, type GasByGroup } from "./gasGroups.ts";

/** What one operation's gas is spent on: a line in all and one for each contract, columns by group. */
export function groupTable(
  title: string,
  { total, byCode }: GasBreakdown,
  names: ReadonlyMap<string, string>,
): string {
  const byName = new Map<string, GasByGroup>();
  for (const [code, gas] of byCode) {
    const name = names.get(code) ?? code;
    const known = byName.get(name);
    byName.set(name, known === undefined ? gas : sum(known, gas));
  }
  const lines = [["in all", total] as const, ...byName].map(([name, gas]) => {
    const all = GROUPS.reduce((so, group) => so + gas[group], 0);
    return line(name, [...GROUPS.map((group) => gas[group]), all]);
  });
  return [title, line("", [...GROUPS, "sum"]), ...lines].join("\n");
}

function sum(a: GasByGroup, b: GasByGroup): GasByGroup {
  return Object.fromEntries(GROUPS.map((group) => [group, a[group] + b[group]])) as GasByGroup;
}

function line(name: string, cells: readonly (string | number)[]): string {
  return [name.padEnd(17), ...cells.map((cell) => String(cell).padStart(13))].join(" ");
}
