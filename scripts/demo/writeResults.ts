import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { root } from "../compile.ts";
import type { DemoInput } from "./input.ts";
import { jsonReportOf } from "./record/jsonReport.ts";
import type { AccidentRecord } from "./record/accidentWatch.ts";
import type { OutageRecord } from "./record/outageWatch.ts";
import type { Recorder } from "./record/recorder.ts";
import { accidentRowsOf, outageRowsOf, summaryOf, weightRowsOf, type Outcome } from "./record/summary.ts";
import { isGood } from "./record/verdict.ts";
import type { SummaryRow, Verdict } from "./report/recording.ts";
import { renderReport } from "./report/renderReport.ts";
import type { Screen } from "./screen/screen.ts";
import type { PopulatedWorld } from "./world/buildWorld.ts";

export interface Results {
  readonly input: DemoInput;
  readonly outcome: Outcome;
  readonly verdict: Verdict;
  readonly recorder: Recorder;
  readonly overruns: number;
  readonly world: PopulatedWorld;
  /** Undefined without one. */
  readonly outage: OutageRecord | undefined;
  readonly accident: AccidentRecord | undefined;
  /** Wall-clock milliseconds. */
  readonly startedAt: number;
  readonly screen: Screen;
}

const DEFAULT_REPORT = join(root, "out", "demo.html");

/** Shows the closing table and writes the page with charts and, where asked for, the machine-readable report. */
export function writeResults({
  input,
  outcome,
  verdict,
  recorder,
  overruns,
  world,
  outage,
  accident,
  startedAt,
  screen,
}: Results): void {
  const { options, series, plans, dropped, beatMs } = input;
  const blocks = recorder.tracker.blocks.length;
  const outageRows = outage === undefined ? [] : outageRowsOf(outage);
  const accidentRows = accident === undefined ? [] : accidentRowsOf(accident);
  const weights = recorder.weights.record;
  const symbols = world.deployment.collaterals.map(({ symbol }) => symbol);
  const summary = [
    ...summaryOf(outcome),
    ...weightRowsOf(weights, symbols),
    ...outageRows,
    ...accidentRows,
    ...runRows(input, blocks, overruns),
  ];
  const endedAt = Date.now();
  const recording = recorder.recordingOf(
    {
      title: series.name.charAt(0).toUpperCase() + series.name.slice(1),
      series: series.name,
      seed: options.seed,
      keeper: options.keeper,
      beatMs,
      startedAt: Math.floor(startedAt / 1_000),
      endedAt: Math.ceil(endedAt / 1_000),
      accounts: plans.length,
      outage,
      accident,
    },
    summary,
    verdict,
  );
  const page = options.report ?? DEFAULT_REPORT;
  write(page, renderReport(recording));

  const seconds = (Date.now() - startedAt) / 1_000;
  if (options.json !== undefined) {
    const ids = world.traders.map(({ account }) => account);
    const assets = world.deployment.collaterals.map(({ address }) => address);
    const report = jsonReportOf({
      series,
      outcome,
      verdict,
      seconds,
      blocks,
      overruns,
      droppedPositions: dropped.flagged + dropped.underMinimum,
      outage,
      accident,
      weights,
      snapshots: recorder.snapshots.take(ids, assets),
    });
    write(options.json, `${JSON.stringify(report, undefined, 1)}\n`);
  }
  show(screen, summary, verdict, seconds, page);
}

function runRows({ options, dropped }: DemoInput, blocks: number, overruns: number): SummaryRow[] {
  const rows = [{ label: "blocks", value: `${blocks}, ${overruns} beats overrun` }];
  if (options.positions === undefined) return rows;
  const value = `${dropped.flagged} with a flag, ${dropped.underMinimum} under 1.02`;
  return [{ label: "positions dropped", value }, ...rows];
}

function show(
  screen: Screen,
  summary: readonly SummaryRow[],
  verdict: Verdict,
  seconds: number,
  page: string,
): void {
  const width = Math.max(...summary.map(({ label }) => label.length));
  screen.say("");
  for (const { label, value } of summary) screen.say(`  ${label.padEnd(width)}  ${value}`);
  screen.say("");
  const off = Object.entries(verdict.conservation).filter(([, delta]) => delta !== 0n);
  const kept =
    off.length === 0 ? "exact" : off.map(([symbol, delta]) => `${symbol} ${delta.toString()}`).join(", ");
  screen.say(`missed ${verdict.missed}, conservation ${kept}, ${seconds.toFixed(1)} s`);
  for (const problem of verdict.problems) screen.say(`  ${problem}`);
  screen.say(`page with charts: ${relative(process.cwd(), page)}`);
  screen.say(isGood(verdict) ? "All is well." : "Something is broken.");
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
