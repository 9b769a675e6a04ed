import type { SizeDetails, SizeResult } from "./benchSize.ts";
import type { ContractCheck } from "./contractCheck.ts";

/** What `--json` writes. Milliseconds and megabytes; `sizes` by the number of accounts. */
export interface BenchReport {
  readonly seed: number;
  readonly sizes: Readonly<Record<string, SizeResult>>;
}

type Sizes = ReadonlyMap<number, { readonly result: SizeResult; readonly details: SizeDetails }>;

const CALM_TARGET_MS = 2;
const CRASH_TARGET_MS = 25;
const WARM_TARGET_MS = 5_000;
const RSS_TARGET_MB = 400;
const IDLE_TARGET = 3;
const LARGEST = 1_000_000;

export function reportOf(seed: number, sizes: Sizes): BenchReport {
  const results = [...sizes].map(([accounts, { result }]) => [String(accounts), result] as const);
  return { seed, sizes: Object.fromEntries(results) };
}

/** The tables as lines. */
export function tablesOf(sizes: Sizes, contract: ContractCheck): string[] {
  const rows = [...sizes].map(([accounts, { result: r }]) => [
    accounts.toLocaleString("en"),
    ms(r.calmP50Ms),
    ms(r.calmP99Ms),
    ms(r.crashP50Ms),
    ms(r.crashP99Ms),
    ms(r.coldMs),
    ms(r.warmMs),
    String(Math.round(r.rssMb)),
    String(r.crossed),
    String(r.missed),
  ]);
  const heads = [
    "accounts",
    "calm p50",
    "p99",
    "crash p50",
    "p99",
    "cold",
    "warm",
    "MB",
    "crossed",
    "missed",
  ];
  const peers = [...sizes].map(([accounts, { result, details }]) => [
    accounts.toLocaleString("en"),
    ms(details.scanMs),
    times(details.scanMs / result.calmP50Ms),
    times(details.scanMs / result.crashP50Ms),
    ms(contract.callMs * accounts),
    times((contract.callMs * accounts) / result.crashP50Ms),
  ]);
  const peerHeads = ["accounts", "bigint scan", "x calm", "x crash", "a call each", "x crash"];
  return [
    "Detection after a block, rebuilding from raw logs and restarting; milliseconds",
    ...aligned([heads, ...rows]),
    "",
    ...idleTable(sizes),
    "",
    "The same work as peers do it",
    ...aligned([peerHeads, ...peers]),
    `queryFilter takes ${times(contract.queryFilterRatio)} as long as raw logs (measured on ${contract.accounts} accounts; a call each is`,
    `${contract.callMs.toFixed(2)} ms in batches of 100 on the same machine, times the accounts)`,
    "",
    `Scan and index against the contract: ${contract.comparisons} statuses of ${contract.accounts} accounts, ${contract.differences} differ (${seenIn(contract)})`,
  ];
}

/** What the keeper asks in blocks in which nothing happens. */
function idleTable(sizes: Sizes): string[] {
  const rows = [...sizes].map(
    ([
      accounts,
      {
        details: { idle },
      },
    ]) => [
      accounts.toLocaleString("en"),
      ...idle.averages.map((average) => average.toFixed(2)),
      String(idle.most),
      String(IDLE_TARGET),
      Object.entries(idle.methods)
        .map(([method, calls]) => `${method} ${calls}`)
        .join(", "),
    ],
  );
  const heads = ["accounts", "followed", "confirming", "most", "target", "in all"];
  const blocks = [...sizes.values()][0]?.details.idle.blocks ?? 0;
  return [
    `Calls that reach each of two endpoints in an idle block, over ${blocks}`,
    ...aligned([heads, ...rows]),
  ];
}

/** What the bench found fault with, in sentences. */
export interface Faults {
  /** The index is not to be trusted, or nothing was measured. */
  readonly wrong: readonly string[];
  /** A target at a million accounts is missed. */
  readonly slow: readonly string[];
}

export function faultsOf(sizes: Sizes, contract: ContractCheck): Faults {
  const wrong: string[] = [];
  for (const [accounts, { result: r }] of sizes) {
    if (r.missed > 0) wrong.push(`${r.missed} missed of ${accounts} accounts`);
    if (r.idleRpc > IDLE_TARGET) {
      wrong.push(`${r.idleRpc} calls in an idle block with ${accounts} accounts, target ${IDLE_TARGET}`);
    }
    if (r.crossed === 0) wrong.push(`nobody crossed among ${accounts} accounts: nothing was measured`);
  }
  const { differences } = contract;
  if (differences > 0) wrong.push(`scan, index and contract differ on ${differences} statuses`);
  return { wrong, slow: slowOf(sizes.get(LARGEST)?.result) };
}

function slowOf(largest: SizeResult | undefined): string[] {
  if (largest === undefined) return [];
  const targets = [
    ["calm p99", largest.calmP99Ms, CALM_TARGET_MS, "ms"],
    ["crash p99", largest.crashP99Ms, CRASH_TARGET_MS, "ms"],
    ["warm restart", largest.warmMs, WARM_TARGET_MS, "ms"],
    ["memory", largest.rssMb, RSS_TARGET_MB, "MB"],
  ] as const;
  return targets
    .filter(([, value, target]) => value > target)
    .map(([name, value, target, unit]) => `${name} at a million: ${ms(value)} ${unit}, target ${target}`);
}

function seenIn({ seen }: ContractCheck): string {
  return Object.entries(seen)
    .map(([name, count]) => `${name} ${count}`)
    .join(", ");
}

function ms(value: number): string {
  return value >= 100 ? String(Math.round(value)) : value.toFixed(value >= 10 ? 1 : 2);
}

function times(ratio: number): string {
  return `${ratio >= 10 ? Math.round(ratio).toLocaleString("en") : ratio.toFixed(1)} x`;
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows.map((row) => row.map((cell, i) => cell.padStart(widths[i] ?? 0)).join("  "));
}
