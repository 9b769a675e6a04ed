import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What a finished run left behind. */
export interface DemoRun {
  readonly code: number | null;
  readonly output: string;
  /** The machine-readable report; undefined when none was written. */
  readonly report: DemoReport | undefined;
  /** The page with charts; empty when none was written. */
  readonly page: string;
}

/** The fields of the report as the issue names them, as a reader of JSON sees them. */
export interface DemoReport {
  readonly prices: Record<"points" | "rounds" | "first" | "low" | "last", number>;
  readonly accounts: number;
  readonly calls: Record<"opened" | "cured" | "recovered" | "expired" | "lapsed", number>;
  readonly liquidations: Record<"tranches" | "critical" | "accounts", number>;
  readonly badDebt: number | string;
  readonly insurance: number | string;
  readonly lenders: Record<"before" | "after", number | string>;
  readonly missed: number;
  readonly conservation: Record<string, number | string>;
  readonly latencyBlocks: Record<"p50" | "p99" | "max", number>;
  readonly seconds: number;
  readonly problems: readonly string[];
  readonly outage?: Record<
    "feedFrom" | "feedUntil" | "sequencerFrom" | "sequencerUntil" | "protectedDeadlines",
    number
  >;
  readonly accident?: {
    readonly called: number;
    readonly recovered: number;
    readonly cured: number;
    readonly liquidated: readonly string[];
    readonly open: readonly string[];
  };
  readonly weights: readonly Record<
    "first" | "least" | "last",
    Record<"initialBps" | "maintenanceBps", number>
  >[];
  readonly calledByTightening: number;
  readonly snapshots: readonly {
    readonly block: number;
    readonly accounts: readonly {
      readonly id: string;
      readonly debt: number | string;
      readonly healthWad: number | string;
      readonly status: string;
      readonly legs: readonly Record<string, number | string>[];
    }[];
  }[];
}

const MAIN = fileURLToPath(new URL("../../../scripts/demo/main.ts", import.meta.url));

/** An hour's crash of a twelfth and a third of a recovery, a round a minute: enough for calls, cures and deadlines. */
export const SHORT_CRASH = csvOf([2000, 1990, 1960, 1910, 1850, 1830, 1840, 1860, 1890]);

/** A tenth in one round: calls with short notices, so that an outage soon after meets their deadlines. */
export const CLIFF = csvOf([2000, 1990, 1985, 1790, 1800, 1830, 1850, 1890, 1900]);

/** Half an hour of calm, and a fall of a twentieth after it. */
export const CALM = [
  "timestamp_utc_seconds,price",
  ...[
    [0, 2000],
    [1_500, 2001],
    [1_800, 1999],
    [1_860, 1900],
    [1_920, 1890],
    [1_980, 1940],
    [2_040, 1990],
  ].map(([seconds = 0, price]) => `${1_700_000_000 + seconds},${price}`),
  "",
].join("\n");

export const RISE = csvOf([2000, 2010, 2020]);

function csvOf(prices: readonly number[]): string {
  const rows = prices.map((price, i) => `${1_700_000_000 + 60 * i},${price}`);
  return ["timestamp_utc_seconds,price", ...rows, ""].join("\n");
}

/** A folder for one test; `files` are written into it. */
export function folderWith(files: Readonly<Record<string, string>>): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "tocsin-demo-test-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return {
    path,
    remove: () => {
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** Starts the demo in a process of its own; a group of its own, too, as a terminal would. */
export function startDemo(args: readonly string[], folder: string): ChildProcess {
  return spawn(process.execPath, ["--import", import.meta.resolve("tsx"), MAIN, ...args], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Runs the demo to its end in `folder`. */
export async function runDemo(args: readonly string[], folder: string): Promise<DemoRun> {
  const json = join(folder, "report.json");
  const html = join(folder, "report.html");
  const child = startDemo([...args, "--json", json, "--report", html], folder);
  let output = "";
  child.stdout?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return {
    code,
    output,
    report: existsSync(json) ? (JSON.parse(readFileSync(json, "utf8")) as DemoReport) : undefined,
    page: existsSync(html) ? readFileSync(html, "utf8") : "",
  };
}
