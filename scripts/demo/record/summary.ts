import type { Journal, JournalTake } from "./journal.ts";
import type { AccidentRecord } from "./accidentWatch.ts";
import type { OutageRecord } from "./outageWatch.ts";
import type { WeightRecord } from "./weightWatch.ts";
import type { Response } from "../replay/responses.ts";
import type { SummaryRow } from "../report/recording.ts";
import { amountText, percentText, secondsText, signedText } from "../screen/wording.ts";

/** Everything the closing table says. Amounts are quote base units. */
export interface Outcome {
  readonly accounts: number;
  readonly calls: CallCounts;
  readonly liquidations: LiquidationCounts;
  readonly responded: Penalty;
  readonly silent: Penalty;
  readonly keeperIncome: bigint;
  readonly keeperGas: bigint;
  readonly insurance: bigint;
  readonly badDebt: bigint;
  readonly lenders: { readonly before: bigint; readonly after: bigint };
  readonly latencyBlocks: Latency;
}

export interface CallCounts {
  readonly opened: number;
  readonly cured: number;
  readonly curedByRepayment: number;
  readonly curedByDeposit: number;
  readonly recovered: number;
  readonly expired: number;
  readonly lapsed: number;
  readonly open: number;
}

export interface LiquidationCounts {
  readonly tranches: number;
  readonly critical: number;
  readonly accounts: number;
  /** Accounts that were liquidated after a deadline by more than one take of the same call. */
  readonly severalTranches: number;
}

/** What called accounts lost to takers, on average, as a part of what they owed when they were called. */
export interface Penalty {
  readonly accounts: number;
  readonly averageWad: bigint;
}

export interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

const WAD = 10n ** 18n;

export function callCountsOf({ calls }: Journal): CallCounts {
  const count = (...outcomes: string[]) => calls.filter(({ outcome }) => outcomes.includes(outcome)).length;
  return {
    opened: calls.length,
    cured: count("repaid", "deposited"),
    curedByRepayment: count("repaid"),
    curedByDeposit: count("deposited"),
    recovered: count("recovered"),
    expired: calls.filter(({ expired }) => expired).length,
    lapsed: count("lapsed"),
    open: count("open"),
  };
}

export function liquidationCountsOf({ takes, calls }: Journal): LiquidationCounts {
  const several = calls.filter(({ account, deadline, closedAt }) => {
    const within = takes.filter(
      (take) =>
        take.account === account &&
        !take.critical &&
        take.at >= deadline &&
        take.at <= (closedAt ?? Infinity),
    );
    return within.length > 1;
  });
  return {
    tranches: takes.length,
    critical: takes.filter(({ critical }) => critical).length,
    accounts: new Set(takes.map(({ account }) => account)).size,
    severalTranches: new Set(several.map(({ account }) => account)).size,
  };
}

/** The penalties of called accounts, by whether their trader did anything about it. */
export function penaltiesOf(
  journal: Journal,
  responses: ReadonlyMap<string, Response>,
): { responded: Penalty; silent: Penalty } {
  const debts = new Map<string, bigint>();
  for (const { account, debt } of journal.calls) if (!debts.has(account)) debts.set(account, debt);
  const parts = [...debts].map(([account, debt]) => {
    const takes = journal.takes.filter((take) => take.account === account);
    const lost = takes.reduce((sum, { worth, repaid }) => sum + worth - repaid, 0n);
    const repaid = takes.reduce((sum, take) => sum + take.repaid, 0n);
    // A critical account is taken before it is called: by then most of its debt may be gone.
    const owed = repaid > debt ? repaid : debt;
    return { responded: (responses.get(account) ?? "none") !== "none", partWad: (lost * WAD) / owed };
  });
  const average = (of: readonly { partWad: bigint }[]): Penalty => ({
    accounts: of.length,
    averageWad: of.length === 0 ? 0n : of.reduce((sum, { partWad }) => sum + partWad, 0n) / BigInt(of.length),
  });
  return {
    responded: average(parts.filter(({ responded }) => responded)),
    silent: average(parts.filter(({ responded }) => !responded)),
  };
}

/** What takes brought a taker at the oracle's price of the moment, before gas. */
export function takingsOf(takes: readonly JournalTake[], actor: string): bigint {
  return takes
    .filter((take) => take.actor.toLowerCase() === actor.toLowerCase())
    .reduce((sum, { worth, repaid, insured }) => sum + worth - repaid - insured, 0n);
}

export function latencyOf(latencyBlocks: readonly number[]): Latency {
  const sorted = [...latencyBlocks].sort((a, b) => a - b);
  const at = (part: number) => sorted[Math.max(Math.ceil(part * sorted.length) - 1, 0)] ?? 0;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

export function summaryOf(outcome: Outcome): SummaryRow[] {
  const { calls, liquidations, responded, silent, lenders, latencyBlocks } = outcome;
  const row = (label: string, value: string): SummaryRow => ({ label, value });
  const penalty = ({ accounts, averageWad }: Penalty) =>
    `${percentText(averageWad)} of the debt (${accounts} accounts)`;
  return [
    row("accounts", String(outcome.accounts)),
    row("calls opened", String(calls.opened)),
    row(
      "cured",
      `${calls.cured} (${calls.curedByRepayment} by repaying, ${calls.curedByDeposit} by depositing)`,
    ),
    row("recovered by prices", String(calls.recovered)),
    row("expired", `${calls.expired}, of which ${calls.lapsed} lapsed and were called again`),
    row(
      "liquidated",
      `${liquidations.accounts} accounts in ${liquidations.tranches} tranches, ${liquidations.critical} of them critical`,
    ),
    row("in several tranches after a deadline", `${liquidations.severalTranches} accounts`),
    row("average penalty, responded", penalty(responded)),
    row("average penalty, did nothing", penalty(silent)),
    row("from callable to called", `${latencyBlocks.p50} blocks median, ${latencyBlocks.max} at most`),
    row(
      "keeper's income",
      `${signedText(outcome.keeperIncome)} USDC after ${amountText(outcome.keeperGas)} of gas`,
    ),
    row("insurance", `${amountText(outcome.insurance)} USDC`),
    row("bad debt", `${amountText(outcome.badDebt)} USDC`),
    row(
      "lenders' result",
      `${signedText(lenders.after - lenders.before)} USDC on ${amountText(lenders.before)}`,
    ),
  ];
}

/** What the closing table says of an outage. */
export function outageRowsOf(outage: OutageRecord): SummaryRow[] {
  const { feedFrom, feedUntil, staleFrom, sequencerFrom, sequencerUntil } = outage;
  const stale = staleFrom === undefined ? 0 : feedUntil - staleFrom;
  const silence = `${secondsText(feedUntil - feedFrom)}, ${secondsText(stale)} of them stale`;
  const down = secondsText(sequencerUntil - sequencerFrom);
  return [
    { label: "first feed silent", value: silence },
    { label: "sequencer down", value: `${down}, liquidations during it ${outage.takesWhileDown}` },
    {
      label: "deadlines protected",
      value: `${outage.protectedDeadlines}, liquidated before the grace after it ${outage.takesBeforeGrace}`,
    },
  ];
}

/** What the closing table says of weights that followed volatility, those that moved. */
export function weightRowsOf(
  { first, last, least, calledByTightening }: WeightRecord,
  symbols: readonly string[],
): SummaryRow[] {
  const text = (weights: WeightRecord["first"][number] | undefined) =>
    `${bpsText(weights?.initialBps ?? 0n)} / ${bpsText(weights?.maintenanceBps ?? 0n)}`;
  const moved = first.flatMap((begin, j): SummaryRow[] => {
    if (text(begin) === text(least[j])) return [];
    const value = `${text(begin)} % at first, ${text(least[j])} % at the least, ${text(last[j])} % in the end`;
    return [{ label: `weights of ${symbols[j] ?? ""}`, value }];
  });
  return [...moved, { label: "called by tightening", value: `${calledByTightening} accounts` }];
}

/** What the closing table says of an accident. */
export function accidentRowsOf({
  from,
  until,
  lowBps,
  called,
  recovered,
  cured,
  liquidated,
}: AccidentRecord): SummaryRow[] {
  return [
    { label: "first feed too low", value: `by ${lowBps / 100} % for ${secondsText(until - from)}` },
    {
      label: "well at the true price",
      value: `${called} called, ${recovered} recovered, ${cured} cured, ${liquidated.length} liquidated`,
    },
  ];
}

function bpsText(bps: bigint): string {
  return (Number(bps) / 100).toFixed(2);
}
