import type { PriceSeries } from "../prices/priceSeries.ts";
import type { Verdict } from "../report/recording.ts";
import { jsonInteger, type JsonInteger } from "./jsonInteger.ts";
import type { AccidentRecord } from "./accidentWatch.ts";
import type { OutageRecord } from "./outageWatch.ts";
import type { Snapshot } from "./snapshots.ts";
import type { Latency, Outcome } from "./summary.ts";
import type { WeightRecord } from "./weightWatch.ts";

/** The machine-readable report. Amounts are base units; prices dollars. */
export interface JsonReport {
  readonly prices: {
    readonly points: number;
    readonly rounds: number;
    readonly first: number;
    readonly low: number;
    readonly last: number;
  };
  readonly accounts: number;
  readonly calls: {
    readonly opened: number;
    readonly cured: number;
    readonly recovered: number;
    readonly expired: number;
    readonly lapsed: number;
    readonly curedByRepayment: number;
    readonly curedByDeposit: number;
  };
  readonly liquidations: {
    readonly tranches: number;
    readonly critical: number;
    readonly accounts: number;
    readonly severalTranches: number;
  };
  readonly badDebt: JsonInteger;
  readonly insurance: JsonInteger;
  readonly lenders: { readonly before: JsonInteger; readonly after: JsonInteger };
  readonly missed: number;
  readonly conservation: Readonly<Record<string, JsonInteger>>;
  readonly latencyBlocks: Latency;
  readonly seconds: number;
  readonly blocks: number;
  readonly overruns: number;
  readonly droppedPositions: number;
  readonly problems: readonly string[];
  /** With `--outage` alone; unix seconds of the chain. */
  readonly outage?: JsonOutage;
  /** With `--accident` alone; unix seconds of the chain. */
  readonly accident?: AccidentRecord;
  /** By the collateral's number, bps. */
  readonly weights: readonly JsonWeights[];
  readonly calledByTightening: number;
  readonly snapshots: readonly Snapshot[];
}

type JsonOutage = Pick<
  OutageRecord,
  "feedFrom" | "feedUntil" | "sequencerFrom" | "sequencerUntil" | "protectedDeadlines"
>;

interface JsonWeights {
  readonly first: JsonPair;
  readonly least: JsonPair;
  readonly last: JsonPair;
}

interface JsonPair {
  readonly initialBps: number;
  readonly maintenanceBps: number;
}

export interface ReportParts {
  readonly series: PriceSeries;
  readonly outcome: Outcome;
  readonly verdict: Verdict;
  readonly seconds: number;
  readonly blocks: number;
  readonly overruns: number;
  readonly droppedPositions: number;
  readonly outage: OutageRecord | undefined;
  readonly accident: AccidentRecord | undefined;
  readonly weights: WeightRecord;
  readonly snapshots: readonly Snapshot[];
}

const DOLLAR = 1e8;

export function jsonReportOf(parts: ReportParts): JsonReport {
  const { series, outcome, verdict } = parts;
  const { opened, cured, recovered, expired, lapsed, curedByRepayment, curedByDeposit } = outcome.calls;
  const dollars = (answer: bigint) => Number(answer) / DOLLAR;
  return {
    prices: {
      points: series.points,
      rounds: series.rounds[0].length,
      first: dollars(series.first),
      low: dollars(series.low),
      last: dollars(series.last),
    },
    accounts: outcome.accounts,
    calls: { opened, cured, recovered, expired, lapsed, curedByRepayment, curedByDeposit },
    liquidations: outcome.liquidations,
    badDebt: jsonInteger(outcome.badDebt),
    insurance: jsonInteger(outcome.insurance),
    lenders: {
      before: jsonInteger(outcome.lenders.before),
      after: jsonInteger(outcome.lenders.after),
    },
    missed: verdict.missed,
    conservation: Object.fromEntries(
      Object.entries(verdict.conservation).map(([symbol, delta]) => [symbol, jsonInteger(delta)]),
    ),
    latencyBlocks: outcome.latencyBlocks,
    seconds: Math.round(parts.seconds * 10) / 10,
    blocks: parts.blocks,
    overruns: parts.overruns,
    droppedPositions: parts.droppedPositions,
    problems: verdict.problems,
    ...(parts.outage === undefined ? {} : { outage: jsonOutageOf(parts.outage) }),
    ...(parts.accident === undefined ? {} : { accident: parts.accident }),
    weights: jsonWeightsOf(parts.weights),
    calledByTightening: parts.weights.calledByTightening,
    snapshots: parts.snapshots,
  };
}

function jsonWeightsOf({ first, least, last }: WeightRecord): JsonWeights[] {
  const pair = (weights: WeightRecord["first"][number]): JsonPair => ({
    initialBps: Number(weights.initialBps),
    maintenanceBps: Number(weights.maintenanceBps),
  });
  return first.map((begin, j) => ({
    first: pair(begin),
    least: pair(least[j] ?? begin),
    last: pair(last[j] ?? begin),
  }));
}

function jsonOutageOf(outage: OutageRecord): JsonOutage {
  const { feedFrom, feedUntil, sequencerFrom, sequencerUntil, protectedDeadlines } = outage;
  return { feedFrom, feedUntil, sequencerFrom, sequencerUntil, protectedDeadlines };
}
