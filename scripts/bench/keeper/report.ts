import type { SizeDetails, SizeResult } from "./benchSize.ts";
import type { ContractCheck } from "./contractCheck.ts";
import type { CrashResult } from "./crash/crashBench.ts";

/** What `--json` writes. Milliseconds and megabytes; `sizes` by the number of accounts. */
export interface BenchReport {
  readonly seed: number;
  readonly sizes: Readonly<Record<string, SizeResult>>;
  /** Null where there is no anvil. */
  readonly crash: CrashResult | null;
}

type Sizes = ReadonlyMap<number, { readonly result: SizeResult; readonly details: SizeDetails }>;

/** Everything that was measured. */
export interface Measured {
  readonly sizes: Sizes;
  readonly contract: ContractCheck;
  /** Undefined where there is no anvil. */
  readonly crash: CrashResult | undefined;
}

const CALM_TARGET_MS = 2;
const CRASH_TARGET_MS = 25;
const WARM_TARGET_MS = 5_000;
const RSS_TARGET_MB = 400;
const IDLE_TARGET = 3;
const BLOCKS_TARGETS = { p50Blocks: 1, p99Blocks: 1, maxBlocks: 2 } as const;
const LARGEST = 1_000_000;

export function reportOf(seed: number, { sizes, crash }: Pick<Measured, "sizes" | "crash">): BenchReport {
  const results = [...sizes].map(([accounts, { result }]) => [String(accounts), result] as const);
  return { seed, sizes: Object.fromEntries(results), crash: crash ?? null };
}

/** The tables as lines. */
export function tablesOf({ sizes, contract, crash }: Measured): string[] {
  return [
    ...detectionTable(sizes),
    "",
    ...idleTable(sizes),
    "",
    ...peersTable(sizes, contract),
    "",
    `Scan and index against the contract: ${contract.comparisons} statuses of ${contract.accounts} accounts, ${contract.differences} differ (${seenIn(contract)})`,
    "",
    ...(crash === undefined ? [NO_ANVIL] : crashTable(crash)),
  ];
}

const NO_ANVIL =
  "The part on a real chain is left out: anvil is not installed, for its npm package exists for Linux on x64 only";

function detectionTable(sizes: Sizes): string[] {
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
  const targets = ["target, 1 M", "", String(CALM_TARGET_MS), "", String(CRASH_TARGET_MS), ""];
  return [
    "Detection after a block, rebuilding from raw logs and restarting; milliseconds",
    ...aligned([heads, ...rows, [...targets, String(WARM_TARGET_MS), String(RSS_TARGET_MB), ">0", "0"]]),
  ];
}

function peersTable(sizes: Sizes, contract: ContractCheck): string[] {
  const rows = [...sizes].map(([accounts, { result, details }]) => [
    accounts.toLocaleString("en"),
    ms(details.scanMs),
    times(details.scanMs / result.calmP50Ms),
    times(details.scanMs / result.crashP50Ms),
    ms(contract.callMs * accounts),
    times((contract.callMs * accounts) / result.crashP50Ms),
  ]);
  const heads = ["accounts", "bigint scan", "x calm", "x crash", "a call each", "x crash"];
  return [
    "The same work as peers do it",
    ...aligned([heads, ...rows]),
    `queryFilter takes ${times(contract.queryFilterRatio)} as long as raw logs (measured on ${contract.accounts} accounts; a call each is`,
    `${contract.callMs.toFixed(2)} ms in batches of 100 on the same machine, times the accounts)`,
  ];
}

function crashTable(c: CrashResult): string[] {
  const { p50Blocks, p99Blocks, maxBlocks } = BLOCKS_TARGETS;
  const heads = ["accounts", "blocks", "calls", "p50", "p99", "max", "missed", "gas a call p50", "p99"];
  const row = [
    c.accounts.toLocaleString("en"),
    ...[c.blocks, c.calls, c.p50Blocks, c.p99Blocks, c.maxBlocks, c.missed].map(String),
    ...[c.gasPerCallP50, c.gasPerCallP99].map((gas) => gas.toLocaleString("en")),
  ];
  const targets = ["target", "", "", ...[p50Blocks, p99Blocks, maxBlocks, 0].map(String), "", ""];
  return [
    "A crash on a real chain: blocks from price to call",
    ...aligned([heads, row, targets]),
    `${c.callTransactions} transactions opened the calls, at most ${c.mostCalls} in a block, for ${c.callGas.toLocaleString("en")} gas; ${c.liquidations} liquidations beside them;`,
    `${c.overtaken} accounts were overtaken by the next block's price before anybody could have called them`,
    `A block every ${c.blockMsP50} ms; the keeper was done with one after ${c.keeperMsP50} ms, at most ${c.keeperMsMax} ms; ${c.idleRpc} calls of the node in an idle block`,
    `Mirror and contract: ${c.compared.toLocaleString("en")} statuses nearest to a threshold, ${c.differences} differ; all ${c.accounts.toLocaleString("en")} accounts at the end, ${c.differencesAtEnd} differ`,
  ];
}

/** What the keeper asks in blocks in which nothing happens. */
function idleTable(sizes: Sizes): string[] {
  const rows = [...sizes].map(([accounts, { details }]) => {
    const { averages, most, mostUnproven, methods } = details.idle;
    const inAll = Object.entries(methods).map(([method, calls]) => `${method} ${calls}`);
    const counts = [...averages.map((average) => average.toFixed(2)), most, mostUnproven, IDLE_TARGET];
    return [accounts.toLocaleString("en"), ...counts.map(String), inAll.join(", ")];
  });
  const heads = ["accounts", "followed", "confirming", "most", "before a log", "target", "in all"];
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
  /** A target is missed: at a million accounts, or in blocks on the real chain. */
  readonly slow: readonly string[];
}

export function faultsOf({ sizes, contract, crash }: Measured): Faults {
  const wrong = crash === undefined ? [] : crashFaults(crash);
  for (const [accounts, { result: r, details }] of sizes) {
    if (r.missed > 0) wrong.push(`${r.missed} missed of ${accounts} accounts`);
    const idle = Math.max(details.idle.most, details.idle.mostUnproven);
    if (idle > IDLE_TARGET) {
      wrong.push(`${idle} calls in an idle block with ${accounts} accounts, target ${IDLE_TARGET}`);
    }
    if (r.crossed === 0) wrong.push(`nobody crossed among ${accounts} accounts: nothing was measured`);
  }
  const { differences } = contract;
  if (differences > 0) wrong.push(`scan, index and contract differ on ${differences} statuses`);
  return { wrong, slow: [...slowOf(sizes.get(LARGEST)?.result), ...lateIn(crash)] };
}

function crashFaults({ calls, missed, differences, differencesAtEnd }: CrashResult): string[] {
  const wrong: string[] = [];
  if (missed > 0) wrong.push(`${missed} accounts were not called in time on the real chain`);
  if (calls === 0) wrong.push("nobody was called on the real chain: nothing was measured");
  if (differences + differencesAtEnd > 0) wrong.push("mirror and contract differ on the real chain");
  return wrong;
}

function lateIn(crash: CrashResult | undefined): string[] {
  if (crash === undefined) return [];
  return (["p50Blocks", "p99Blocks", "maxBlocks"] as const)
    .filter((name) => crash[name] > BLOCKS_TARGETS[name])
    .map((name) => `${name} on the real chain: ${crash[name]}, target ${BLOCKS_TARGETS[name]}`);
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
