import type { Command } from "commander";
import { formatAmount, formatDuration, formatTime, formatUnits } from "../../sdk/format.ts";
import { readConfigs } from "../readConfigs.ts";
import { stopSignal } from "../stopSignal.ts";
import { guarded } from "./guarded.ts";
import { columns, plainText } from "./layout.ts";
import type { VaultView } from "./openView.ts";
import { readStatus, type Status } from "./readStatus.ts";
import { watchStatus } from "./statusWatch.ts";
import { printView, withViewOptions, type ViewOptions } from "./withView.ts";

interface StatusOptions extends ViewOptions {
  readonly watch?: true;
}

/** The calls shown; --json has all of them. */
const SHOWN_CALLS = 10;

export function addStatus(program: Command): void {
  withViewOptions(
    program
      .command("status")
      .description("the vault and its keeper at a glance; also while the keeper runs")
      .option("--watch", "the keeper's own view, again and again, until stopped"),
  ).action((options: StatusOptions) =>
    options.watch === true ? watch(options.config) : printView(options, readStatus, describeStatus),
  );
}

/** What the process itself knows, from where it serves its metrics. */
function watch(file: string): Promise<void> {
  return guarded(() =>
    watchStatus({ configs: readConfigs(file), output: process.stdout, signal: stopSignal() }),
  );
}

/** A status as text, no wider than a terminal. */
export function describeStatus(status: Status, { config }: Pick<VaultView, "config">): string {
  const quote = { ...config.deployment.quote, symbol: plainText(config.deployment.quote.symbol, 24) };
  const amount = (value: bigint) => formatAmount(value, quote, 2);
  const { head, savedAt, counts, due, skipped, calls, nextMoment } = status;
  const saved =
    savedAt === undefined
      ? "no keeper has run yet"
      : `the keeper's book was saved ${head.number - savedAt} blocks before`;
  const rows = [
    ["mode", `${status.mode}${status.isStopped ? ", STOPPED by the stop file" : ""}`],
    ["block", `${head.number}, ${formatTime(head.timestamp)}; ${saved}`],
    [
      "endpoints",
      status.endpoints
        .map(({ name, block }) => `${name} ${block === undefined ? "gives no answer" : `at ${block}`}`)
        .join(", "),
    ],
    [
      "accounts",
      `${status.accounts}, owing ${amount(status.totalDebt)}: ${countsOf(counts) || "none with debt"}`,
    ],
    ["due", countsOf(due) || "nothing"],
    ["left alone", countsOf(skipped) || "nobody"],
    ["next moment", nextMoment === undefined ? "none known" : whenOf(nextMoment, head.timestamp)],
    ["brake", status.brakeEngagedAt === undefined ? "free" : `ENGAGED since block ${status.brakeEngagedAt}`],
    ["quarantine", status.quarantined === 0 ? "empty" : `${status.quarantined} accounts; see dead-letters`],
  ];
  return [
    `vault ${status.vault} on chain ${status.chainId}`,
    ...columns(rows),
    ...section(
      "open calls, by deadline",
      calls
        .slice(0, SHOWN_CALLS)
        .map((call) => [
          call.account,
          `${amount(call.debt)}, ${call.deadlineAt === undefined ? "clock stands still" : whenOf(call.deadlineAt, head.timestamp)}`,
        ]),
    ),
    ...section(
      "keys",
      status.wallets.map(({ address, native, quote: held }) => [
        address,
        `${formatUnits(native, 18, 4)} coins, ${amount(held)}`,
      ]),
    ),
    ...section(
      "last transactions",
      status.last.map(({ nonce, duty, accounts, outcome, signedAtBlock, gain, feeWei }) => [
        String(nonce),
        duty,
        outcome ?? "on its way",
        `block ${signedAtBlock}`,
        `${accounts} accounts${gain === undefined ? "" : `, ${amount(gain)} before gas`}${feeWei === undefined ? "" : `, ${formatUnits(feeWei, 18, 6)} coins`}`,
      ]),
    ),
    ...section("shadow ledger: what a live keeper would have done", shadowRows(status, amount)),
  ].join("\n");
}

function shadowRows({ shadow }: Status, amount: (value: bigint) => string): string[][] {
  if (shadow.length === 0) return [];
  const total = shadow.reduce(
    (sum, { earned, cost }) => ({ earned: sum.earned + earned, cost: sum.cost + cost }),
    { earned: 0n, cost: 0n },
  );
  const row = (
    name: string,
    count: string,
    { earned, cost }: { readonly earned: bigint; readonly cost: bigint },
  ) => [name, count, `earned ${amount(earned)}, gas ${amount(cost)}, left ${amount(earned - cost)}`];
  return [
    ...shadow.map((sum) => row(sum.duty, String(sum.count), sum)),
    row("all", String(shadow.reduce((n, { count }) => n + count, 0)), total),
  ];
}

function section(title: string, rows: readonly (readonly string[])[]): readonly string[] {
  return rows.length === 0 ? [] : ["", title, ...columns(rows)];
}

function countsOf(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(", ");
}

function whenOf(time: bigint, now: bigint): string {
  return `${formatTime(time)}, ${time > now ? `in ${formatDuration(time - now)}` : "passed"}`;
}
