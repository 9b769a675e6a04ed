import { formatAccountId } from "../../sdk/accountId.ts";
import { formatTime, formatUnits } from "../../sdk/format.ts";
import type { Config } from "../config.ts";
import type { ComparedDeed, Why } from "../replay/comparison.ts";
import type { DutyTotal, ReplayReport } from "../replay/replayReport.ts";
import { columns, plainText, wrapped, LINE_WIDTH } from "./layout.ts";

/** In text; `--json` has all. */
const MOST_DEEDS = 40;

const OTHER_REASONS: Readonly<Partial<Record<Why["reason"], string>>> = {
  notDueBefore: "it was not due before that block",
  noPrices: "the oracle gave no answer",
};

/** The report as text, in lines of a terminal. */
export function describeReplay(
  report: ReplayReport,
  { deployment, mode }: Pick<Config, "deployment" | "mode">,
): string {
  const { range, blocks, to, fromTime, toTime, totals, deeds, skips, brakes } = report;
  const unit = { decimals: deployment.quote.decimals, symbol: plainText(deployment.quote.symbol, 24) };
  if (blocks === 0)
    return [`no block of ${range.from} to ${range.to} was replayed`, ...endOf(report)].join("\n");
  const times =
    fromTime === undefined || toTime === undefined
      ? ""
      : `, ${formatTime(fromTime)} to ${formatTime(toTime)}`;
  const shown = deeds.slice(0, MOST_DEEDS);
  const more = deeds.length - shown.length;
  return [
    `blocks ${range.from} to ${to} (${blocks})${times}`,
    ...totalsOf(totals, unit.symbol, unit.decimals),
    ...section("deeds, by the block in which this keeper would have done them at the earliest, net of gas", [
      ...shown.map((deed) => rowOf(deed, unit.symbol, unit.decimals)),
      ...(more > 0 ? [["", "", `and ${more} more; --json has all of them`]] : []),
    ]),
    ...section(
      "left alone",
      skips.map(({ duty, reason, accounts, times: count }) => [
        duty,
        reason,
        `${accounts} ${accounts === 1 ? "account" : "accounts"}, ${count} times in all`,
      ]),
    ),
    ...section(
      "the brake would have been engaged, with nobody there to confirm the prices",
      brakes.map(({ from, to: until }) => [
        from === until ? `after block ${from}` : `after blocks ${from} to ${until}`,
      ]),
    ),
    ...endOf(report),
    "",
    ...wrapped(
      `Each block is as it was: what this keeper would have done changes none after it. Takes are paid for by hand out of dryRunBalance${mode === "live" ? ", not out of the key's purse" : ""}; gas is at each block's price.`,
      LINE_WIDTH,
    ),
  ].join("\n");
}

function totalsOf(totals: readonly DutyTotal[], symbol: string, decimals: number): readonly string[] {
  const amount = (value: bigint) => formatUnits(value, decimals, 2);
  const rows = totals.map((total) => [
    total.duty,
    ...[total.would, total.later, total.same, total.earlier, total.nobody, total.leftAlone].map(String),
    amount(total.earned),
    amount(total.cost),
    amount(total.net),
  ]);
  const all = totals.at(-1);
  if (all === undefined) return [];
  return [
    "",
    ...columns([
      ["duty", "would", "later", "same", "earlier", "nobody", "left", "earned", "cost", `net ${symbol}`],
      ...rows,
    ]),
    "",
    ...wrapped(
      "later, same block, earlier: when it was done on the chain; left: done there, and not by this keeper",
      LINE_WIDTH,
    ),
    `ahead of everybody: ${all.later + all.nobody}, net ${amount(all.netAhead)} ${symbol}; done by its own keys: ${all.own}`,
  ];
}

function rowOf(deed: ComparedDeed, symbol: string, decimals: number): readonly string[] {
  const { wouldBlock, done, duty, account, earned, cost } = deed;
  const net = earned - cost;
  const money =
    wouldBlock === undefined ? "" : `; ${net > 0n ? "+" : ""}${formatUnits(net, decimals, 2)} ${symbol}`;
  return [
    String(wouldBlock ?? done?.block ?? ""),
    duty,
    `${formatAccountId(account)} ${fateOf(deed)}${money}`,
  ];
}

function fateOf({ outcome, done, leadBlocks = 0, why, dueUntil }: ComparedDeed): string {
  const by = done === undefined ? "" : `by ${done.isOwn ? "its own key" : shortAddress(done.by)}`;
  const because = why === undefined ? "" : `: ${describeWhy(why)}`;
  switch (outcome) {
    case "later":
      return `in ${done?.block ?? ""} ${by}, ${blocksOf(leadBlocks)} later`;
    case "same":
      return `in the same block ${by}`;
    case "earlier":
      return `in ${done?.block ?? ""} ${by}, ${blocksOf(-leadBlocks)} earlier${because}`;
    case "nobody":
      return dueUntil === undefined ? "by nobody, still due" : `by nobody, due until ${dueUntil}`;
    case "leftAlone":
      return `${by}, not by this keeper${because}`;
  }
}

function describeWhy({ reason, detail }: Why): string {
  const said = OTHER_REASONS[reason];
  if (said !== undefined) return said;
  if (reason === "refused")
    return detail === undefined
      ? "the vault would have refused it"
      : `the vault would have said ${plainText(detail, 60)}`;
  return reason === "otherDuty" ? `it meant ${detail ?? "something else"}` : reason;
}

function endOf({ ending }: ReplayReport): readonly string[] {
  const told = (text: string) => ["", ...wrapped(text, LINE_WIDTH)];
  switch (ending.kind) {
    case "whole":
      return [];
    case "stopped":
      return told("stopped before the end of the range");
    case "reorganised":
      return told(`the chain changed at block ${ending.block} while it was replayed: run it again`);
    case "failed":
      return told(`it ended before block ${ending.block}: ${plainText(ending.error, 400)}`);
  }
}

function blocksOf(count: number): string {
  return count === 1 ? "1 block" : `${count} blocks`;
}

function shortAddress(address: string): string {
  return `${address.slice(0, 6)}…${address.slice(-4)}`;
}

function section(title: string, rows: readonly (readonly string[])[]): readonly string[] {
  return rows.length === 0 ? [] : ["", title, ...columns(rows)];
}
