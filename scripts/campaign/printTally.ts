import { CloseReason, Status } from "../../sdk/vaultTypes.ts";
import type { Tally } from "./tally.ts";

/** Prints a campaign's counts: handlers from the least successful on, what was reached, what refused, what was asked. */
export function printTally(tally: Tally): void {
  console.log(`\n${tally.calls.toLocaleString("en")} calls in ${tally.runs.toLocaleString("en")} runs`);
  const rows = [...tally.handlers].sort((a, b) => share(a) - share(b));
  console.log(`\n${"handler".padEnd(28)}${"calls".padStart(9)}${"successes".padStart(11)}`);
  for (const row of rows) {
    const percent = `${(share(row) * 100).toFixed(1)} %`;
    console.log(row.name.padEnd(28) + count(row.calls, 9) + count(row.successes, 11) + percent.padStart(10));
  }
  printNamed("status", Status, tally.statuses);
  printNamed("closed as", CloseReason, tally.closings);
  console.log("\nrefused with");
  for (const [name, times] of [...tally.refusals].sort((a, b) => b[1] - a[1])) {
    console.log(`  ${name.padEnd(34)}${count(times, 10)}`);
  }
  console.log(
    "\ninvariant   times asked in handlers and at the end of runs (what is asked after every call beside that)",
  );
  const asked = tally.checks.flatMap((times, number) =>
    times === 0 ? [] : [`  I-${String(number).padStart(2, "0")} ${count(times, 10)}`],
  );
  for (let i = 0; i < asked.length; i += 5) console.log(asked.slice(i, i + 5).join(" "));
  console.log("");
}

function share({ calls, successes }: { readonly calls: number; readonly successes: number }): number {
  return calls === 0 ? 0 : successes / calls;
}

function count(value: number, width: number): string {
  return value.toLocaleString("en").padStart(width);
}

function printNamed(title: string, names: Readonly<Record<string, number>>, counts: readonly number[]): void {
  console.log(`\n${title}`);
  for (const [name, number] of Object.entries(names)) {
    console.log(`  ${name.padEnd(34)}${count(counts[number] ?? 0, 10)}`);
  }
}
