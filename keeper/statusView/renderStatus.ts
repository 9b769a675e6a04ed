import { formatDuration, formatTime } from "../../sdk/format.ts";
import type { AccountLine, CallLine, StatusReport } from "../monitor/statusReport.ts";
import { paint, widthOf, type Style } from "./paint.ts";

export interface Screen {
  readonly columns: number;
  readonly rows: number;
  readonly isColoured: boolean;
}

type Transactions = NonNullable<StatusReport["transactions"]>;

/** Most severe first; what is healthy is counted and not worried about. */
const STATUSES: readonly (readonly [name: string, style: Style])[] = [
  ["Insolvent", "alarm"],
  ["Critical", "alarm"],
  ["Expired", "warning"],
  ["Lapsed", "warning"],
  ["Callable", "warning"],
  ["Called", "warning"],
  ["Recovering", "plain"],
  ["Warned", "plain"],
  ["Healthy", "good"],
  ["Forfeited", "plain"],
];
const LEAST_COLUMNS = 60;
const OUTCOME_STYLES: Readonly<Record<string, Style>> = {
  mined: "good",
  reverted: "alarm",
  rejected: "alarm",
  dropped: "warning",
  held: "warning",
};

/** What a terminal shows of a process's keepers: the lines, none wider or more than the screen. Pure. */
export function renderStatus(reports: readonly StatusReport[], screen: Screen): readonly string[] {
  const columns = Math.max(LEAST_COLUMNS, screen.columns);
  const share = Math.max(1, Math.floor((screen.rows - 1) / Math.max(1, reports.length)));
  const lines = reports.flatMap((report) => renderVault(report, share).slice(0, share));
  return lines.slice(0, Math.max(1, screen.rows - 1)).map((line) => fit(line, columns, screen.isColoured));
}

/** A line in parts, each with a style. */
type Line = readonly (readonly [text: string, style: Style])[];

function renderVault(report: StatusReport, rows: number): Line[] {
  const head: Line[] = [titleOf(report), readinessOf(report)];
  if (report.block === undefined) return head;
  const { calls = [], nearest = [], transactions = [], mode = "live" } = report;
  const fixed = [...head, ...stateOf(report), countsOf(report)];
  // What is left is shared by the lists, each with a title and an empty line before it.
  const each = Math.max(1, Math.floor((rows - fixed.length) / (mode === "live" ? 3 : 2)) - 2);
  return [
    ...fixed,
    ...section(`open calls (${String(report.openCalls ?? 0)})`, calls.slice(0, each).map(callLine)),
    ...section("nearest to their triggers", nearest.slice(0, each).map(accountLine)),
    ...(mode === "live" ? section("last transactions", transactionLines(transactions.slice(0, each))) : []),
  ];
}

function titleOf({ vault, block, stillSeconds }: StatusReport): Line {
  const title: Line = [
    ["tocsin ", "title"],
    [vault, "plain"],
  ];
  if (block === undefined) return title;
  const { number, timestamp, trust, decideMs } = block;
  const style = trust === "silent" || trust === "disputed" ? "alarm" : "plain";
  return [
    ...title,
    [`  block ${String(number)}  ${formatTime(BigInt(timestamp))}  ${String(stillSeconds)} s ago  `, "plain"],
    [trust, style],
    [`  ${String(decideMs)} ms`, "faint"],
  ];
}

function readinessOf({ notReadyFor }: StatusReport): Line {
  return notReadyFor.length === 0 ? [["ready", "good"]] : [[`not ready: ${notReadyFor.join("; ")}`, "alarm"]];
}

function stateOf(report: StatusReport): Line[] {
  const { prices = [], wallet, nextMoment, dues = [], skipped = {}, quote, mode = "live" } = report;
  const native = Object.entries(wallet?.native ?? {}).map(([lane, coins]) => `${lane} ${coins}`);
  const purse =
    mode === "live"
      ? `, allowed ${wallet?.allowance ?? "0"}; gas ${native.join(", ")}`
      : ", as if it had them";
  const due = dues.map(
    ({ duty, due: count, overdue }) => `${duty} ${count}${overdue > 0 ? ` (${overdue} late)` : ""}`,
  );
  const left = Object.entries(skipped).map(([reason, count]) => `${reason} ${count}`);
  const shown = prices.map(({ symbol, price, isFresh }) => `${symbol} ${price}${isFresh ? "" : " (old)"}`);
  return [
    [
      ["debt ", "faint"],
      [`${report.debt ?? "0"} ${quote}  `, "plain"],
      [shown.join("  "), prices.every(({ isFresh }) => isFresh) ? "plain" : "warning"],
    ],
    [
      ["purse ", "faint"],
      [`${wallet?.quote ?? "0"} ${quote}${purse}`, "plain"],
    ],
    [
      ["due ", "faint"],
      [
        due.length === 0 ? "nothing" : due.join(", "),
        dues.some(({ overdue }) => overdue > 0) ? "alarm" : "plain",
      ],
      ["  left alone ", "faint"],
      [left.length === 0 ? "nobody" : left.join(", "), "plain"],
      ["  next moment ", "faint"],
      [nextMoment === undefined ? "none" : `in ${duration(nextMoment)}`, "plain"],
    ],
    flagsOf(report),
  ];
}

function flagsOf({ mode = "live", brake, isSendingStopped, stoppedBy, standby }: StatusReport): Line {
  const place: Line =
    standby === undefined || standby.rank === 0
      ? [["first in the row", "plain"]]
      : [
          [
            `standby ${String(standby.rank)}${standby.isInCharge ? ", in charge" : ""}`,
            standby.isInCharge ? "alarm" : "plain",
          ],
        ];
  return [
    ...place,
    [`  brake ${brake ?? "unknown"}`, brake === "engaged" ? "alarm" : "plain"],
    mode !== "live"
      ? [`  ${mode}: nothing is sent`, "warning"]
      : isSendingStopped === true
        ? ["  sending is stopped", "alarm"]
        : ["  sending", "plain"],
    [stoppedBy === undefined ? "" : `  the clock stands still: ${stoppedBy}`, "warning"],
  ];
}

function countsOf({ counts = {} }: StatusReport): Line {
  return STATUSES.flatMap(([name, style]): Line => {
    const count = counts[name] ?? 0;
    return [[`${name} ${String(count)}  `, count === 0 ? "faint" : style]];
  });
}

function section(title: string, lines: readonly Line[]): Line[] {
  return [[], [[title, "title"]], ...(lines.length === 0 ? [[["  none", "faint"]] as Line] : lines)];
}

function accountLine({ owner, subAccount, status, health, floorHealth, debt }: AccountLine): Line {
  const style = STATUSES.find(([name]) => name === status)?.[1] ?? "plain";
  return [
    [`  ${owner} ${subAccount.padStart(4)}  `, "plain"],
    [status.padEnd(11), style],
    [`H ${health.padStart(7)}  F ${floorHealth.padStart(7)}  ${debt.padStart(14)}`, "plain"],
  ];
}

function callLine(call: CallLine): Line {
  const { secondsLeft } = call;
  const left = secondsLeft === undefined ? "?" : duration(secondsLeft);
  const isSoon = secondsLeft !== undefined && secondsLeft < 600;
  return [...accountLine(call), [`  ${left.padStart(9)} left`, isSoon ? "warning" : "plain"]];
}

function transactionLines(transactions: Transactions): Line[] {
  return transactions.map(({ event, block, duty = "", accounts, nonce, hash = "" }) => [
    [`  ${String(block ?? "").padStart(9)}  `, "faint"],
    [event.padEnd(10), OUTCOME_STYLES[event] ?? "plain"],
    [duty.padEnd(20), "plain"],
    [`${String(accounts ?? "").padStart(4)} accounts  nonce ${String(nonce ?? "?").padEnd(6)}`, "plain"],
    [hash, "faint"],
  ]);
}

function duration(seconds: number): string {
  return seconds <= 0 ? "now" : formatDuration(BigInt(seconds));
}

function fit(line: Line, columns: number, isColoured: boolean): string {
  let left = columns;
  const parts: string[] = [];
  for (const [text, style] of line) {
    const shown = widthOf(text) > left ? text.slice(0, left) : text;
    left -= widthOf(shown);
    if (shown !== "") parts.push(paint(shown, isColoured ? style : "plain"));
  }
  return parts.join("");
}
