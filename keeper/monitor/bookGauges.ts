import { deadlineAt } from "../../sdk/callClock.ts";
import { timeOf } from "../../sdk/clockState.ts";
import { toDebtUp } from "../../sdk/debtMath.ts";
import { Status, statusName } from "../../sdk/vaultTypes.ts";
import { momentOf } from "../policy/assess.ts";
import type { BlockView } from "./blockView.ts";
import { single, wholeUnits, type GaugeSpec, type Sample } from "./gaugeSpec.ts";

const STATUSES = [...Object.values(Status).map(statusName), "Forfeited"];

/** The accounts, what is due about them, and what keeps it from being done. */
export const BOOK_GAUGES: readonly GaugeSpec[] = [
  single("tocsin_book_accounts", "Accounts in the book.", ({ book }) => book.size),
  {
    name: "tocsin_accounts",
    help: "Accounts with debt by status; Forfeited is what defaults have left.",
    labels: ["status"],
    read: ({ counts, decision }) => {
      const all: Readonly<Record<string, number>> = { ...decision.counts, ...counts };
      return STATUSES.map((status) => [all[status] ?? 0, { status }] as const);
    },
  },
  single("tocsin_debt_quote", "All debt, in whole quote tokens.", ({ snapshot }, { config }) =>
    wholeUnits(
      toDebtUp(snapshot.vault.pool.totalDebtShares, momentOf(snapshot).debtIndex),
      config.deployment.quote.decimals,
    ),
  ),
  single("tocsin_calls_open", "Margin calls that are open.", (view) => deadlinesOf(view).length),
  single("tocsin_next_deadline_seconds", "Block time until the next call's deadline.", (view) => {
    const ahead = deadlinesOf(view).flatMap((deadline) => {
      const at = timeOf(view.snapshot.clock, deadline);
      return at === undefined || at <= view.head.timestamp ? [] : [Number(at - view.head.timestamp)];
    });
    return ahead.length === 0 ? undefined : Math.min(...ahead);
  }),
  single(
    "tocsin_next_moment_seconds",
    "Block time until time alone makes a difference.",
    ({ head, decision }) =>
      decision.nextMoment === undefined ? undefined : Number(decision.nextMoment - head.timestamp),
  ),
  {
    name: "tocsin_due",
    help: "Accounts about which something is meant to be done, by duty.",
    labels: ["duty"],
    read: ({ dues }) => dues.map(({ duty, due }) => [due, { duty }] as const),
  },
  {
    name: "tocsin_overdue",
    help: "Of these, for how many it should have been mined by now.",
    labels: ["duty"],
    read: ({ dues }) => dues.map(({ duty, overdue }) => [overdue, { duty }] as const),
  },
  {
    name: "tocsin_skipped",
    help: "Accounts left alone at the newest block, by reason.",
    labels: ["reason"],
    read: ({ decision }) => {
      const counts: Record<string, number> = {};
      for (const { reason } of decision.skips) counts[reason] = (counts[reason] ?? 0) + 1;
      return Object.entries(counts).map(([reason, count]): Sample => [count, { reason }]);
    },
  },
  single("tocsin_brake_engaged", "Whether the brake holds accounts back.", ({ decision }) =>
    Number(decision.brake?.kind === "engaged"),
  ),
  single("tocsin_brake_share", "Share of all debt that is to be acted against at once.", ({ decision }) =>
    decision.brake === undefined ? undefined : Number(decision.brake.extent.shareBps) / 10_000,
  ),
  single(
    "tocsin_standby_rank",
    "This keeper's place in the row; 0 acts at once.",
    (_, { config }) => config.standby.rank,
  ),
  single("tocsin_standby_in_charge", "Whether it does what is due.", ({ snapshot }, { config }) =>
    Number(config.standby.rank === 0 || snapshot.standby?.isInCharge === true),
  ),
  single(
    "tocsin_audited_accounts",
    "Comparisons with the contract since the start.",
    ({ audited }) => audited,
  ),
  single(
    "tocsin_audit_quarantined",
    "Accounts that are not as the contract has them.",
    ({ quarantined }) => quarantined,
  ),
  single(
    "tocsin_dead_letters",
    "Accounts in quarantine because they fail alone.",
    ({ deadLetters }) => deadLetters,
  ),
];

/** Uptime at which open calls end; healthy and warned accounts have none. */
function deadlinesOf({ snapshot }: BlockView): readonly bigint[] {
  const { moment } = snapshot.clock;
  return [...snapshot.accounts.values()]
    .filter(({ deadline }) => deadline !== 0n)
    .map((account) => deadlineAt(account, moment));
}
