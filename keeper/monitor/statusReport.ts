import { isOwnedBy, ownerOf, subAccountOf, type AccountId } from "../../sdk/accountId.ts";
import { auctionStartAt, deadlineAt } from "../../sdk/callClock.ts";
import { stopOf, timeOf } from "../../sdk/clockState.ts";
import { toDebtUp } from "../../sdk/debtMath.ts";
import { formatPrice, formatUnits, formatWad } from "../../sdk/format.ts";
import { marginOf, type Margin } from "../../sdk/margin.ts";
import { statusName, type AccountState, type VaultMoment } from "../../sdk/vaultTypes.ts";
import type { Mode } from "../mode.ts";
import { momentOf } from "../policy/assess.ts";
import type { BlockView } from "./blockView.ts";
import type { TransactionLine, VaultMonitor } from "./vaultMonitor.ts";

/** An account as the status shows it. Amounts are decimal text in whole quote tokens, times seconds of block time. */
export interface AccountLine {
  readonly account: AccountId;
  readonly owner: string;
  readonly subAccount: string;
  readonly status: string;
  readonly health: string;
  readonly floorHealth: string;
  readonly debt: string;
}

export interface CallLine extends AccountLine {
  /** Until the deadline, or until the auction's window ends where that has passed; undefined while nobody knows. */
  readonly secondsLeft: number | undefined;
}

/** One vault's keeper at its last block, for people to look at. */
export interface StatusReport {
  readonly vault: string;
  readonly quote: string;
  /** Absent from a keeper that is older than its modes in the report: it is live for all that one knows. */
  readonly mode?: Mode;
  readonly notReadyFor: readonly string[];
  readonly stillSeconds: number;
  /** Everything below is undefined before the first block. */
  readonly block?: {
    readonly number: number;
    readonly timestamp: number;
    readonly trust: string;
    readonly decideMs: number;
  };
  readonly accounts?: number;
  readonly debt?: string;
  readonly counts?: Readonly<Record<string, number>>;
  readonly prices?: readonly { readonly symbol: string; readonly price: string; readonly isFresh: boolean }[];
  /** What the protocol's clock stands still for. */
  readonly stoppedBy?: string | undefined;
  readonly brake?: string;
  readonly isSendingStopped?: boolean;
  readonly standby?: { readonly rank: number; readonly isInCharge: boolean };
  readonly dues?: readonly { readonly duty: string; readonly due: number; readonly overdue: number }[];
  readonly skipped?: Readonly<Record<string, number>>;
  /** By health, the lowest first; of a large book, of those that are below the warning level. */
  readonly nearest?: readonly AccountLine[];
  /** Soonest first. */
  readonly calls?: readonly CallLine[];
  readonly openCalls?: number;
  /** Seconds of block time until time alone makes a difference. */
  readonly nextMoment?: number | undefined;
  readonly wallet?: {
    readonly quote: string;
    readonly allowance: string;
    readonly native: Readonly<Record<string, string>>;
  };
  /** The newest first. */
  readonly transactions?: readonly {
    readonly event: string;
    readonly block: number | undefined;
    readonly duty: string | undefined;
    readonly accounts: number | undefined;
    readonly nonce: number | undefined;
    readonly hash: string | undefined;
  }[];
}

const SHOWN = 10;
/** Each is worked out when somebody asks, on the keeper's own time. */
const LOOKED_AT = 1_000;
const PLACES = 2;

/** What is to be seen of a vault's keeper; worked out from its last block when somebody asks. */
export function statusReport(monitor: VaultMonitor): StatusReport {
  const { config, notReadyFor, stillSeconds, view, transactions } = monitor;
  const { mode, deployment } = config;
  const { vault, quote } = deployment;
  const always = { vault, quote: quote.symbol, mode, notReadyFor, stillSeconds: Math.round(stillSeconds) };
  if (view === undefined) return always;
  const { snapshot, decision, head, times } = view;
  return {
    ...always,
    block: {
      number: head.number,
      timestamp: Number(head.timestamp),
      trust: times.trust,
      decideMs: Math.round(times.decidedAtMs - times.startedAtMs),
    },
    accounts: view.book.size,
    counts: { ...decision.counts, ...view.counts },
    ...bookOf(view, monitor),
    stoppedBy: stopOf(snapshot.clock),
    brake: decision.brake?.kind ?? "unknown",
    isSendingStopped: times.isStopped,
    standby: {
      rank: config.standby.rank,
      isInCharge: config.standby.rank === 0 || snapshot.standby?.isInCharge === true,
    },
    dues: view.dues.filter(({ due }) => due > 0),
    skipped: countsOf(decision.skips.map(({ reason }) => reason)),
    nextMoment: decision.nextMoment === undefined ? undefined : Number(decision.nextMoment - head.timestamp),
    wallet: {
      quote: formatUnits(snapshot.wallet.quote, quote.decimals, PLACES),
      allowance: formatUnits(
        snapshot.wallet.allowance < snapshot.wallet.quote ? snapshot.wallet.allowance : snapshot.wallet.quote,
        quote.decimals,
        PLACES,
      ),
      native: Object.fromEntries(
        [...monitor.nativeWei].map(([lane, wei]) => [lane, formatUnits(wei, 18, 4)]),
      ),
    },
    transactions: transactions.map(transactionOf),
  };
}

function bookOf(
  view: BlockView,
  { config }: VaultMonitor,
): Pick<StatusReport, "debt" | "prices" | "nearest" | "calls" | "openCalls"> {
  const { snapshot } = view;
  const { quote, collaterals } = config.deployment;
  const moment = momentOf({ ...snapshot, actAt: snapshot.clock.timestamp });
  const calls = [...snapshot.accounts].filter(([, { deadline }]) => deadline !== 0n);
  const lineOf = lineMaker(quote.decimals);
  return {
    debt: formatUnits(
      toDebtUp(snapshot.vault.pool.totalDebtShares, moment.debtIndex),
      quote.decimals,
      PLACES,
    ),
    prices: collaterals.map((collateral) => ({
      symbol: collateral.symbol,
      price: formatPrice(snapshot.prices.price36[collateral.number] ?? 0n, collateral, quote),
      isFresh: (snapshot.prices.freshSet & (1 << collateral.number)) !== 0,
    })),
    nearest: nearest(view, moment)
      .slice(0, SHOWN)
      .map(([id, margin]) => lineOf(id, margin)),
    openCalls: calls.length,
    calls: calls
      .slice(0, LOOKED_AT)
      .map(([id, account]) => [id, account, secondsLeft(account, moment, view)] as const)
      .toSorted(([, , a], [, , b]) => (a ?? Infinity) - (b ?? Infinity))
      .slice(0, SHOWN)
      .flatMap(([id, account, left]) => {
        const margin = marginOf(account, moment);
        return margin === undefined ? [] : [{ ...lineOf(id, margin), secondsLeft: left }];
      }),
  };
}

/** By health, the lowest first. */
function nearest({ book, snapshot }: BlockView, moment: VaultMoment): (readonly [AccountId, Margin])[] {
  const { accounts, vaultAddress } = snapshot;
  const near = function* (): Generator<readonly [AccountId, AccountState]> {
    yield* accounts;
    yield* book.warned();
    if (book.size <= LOOKED_AT) yield* book.entries();
  };
  const found = new Map<AccountId, Margin>();
  for (const [id, account] of near()) {
    if (found.size >= LOOKED_AT) break;
    if (account.debtShares === 0n || isOwnedBy(id, vaultAddress) || found.has(id)) continue;
    const margin = marginOf(account, moment);
    if (margin !== undefined) found.set(id, margin);
  }
  return [...found].toSorted(([, a], [, b]) =>
    a.healthWad < b.healthWad ? -1 : a.healthWad > b.healthWad ? 1 : 0,
  );
}

function lineMaker(decimals: number): (id: AccountId, margin: Margin) => AccountLine {
  return (id, { healthWad, floorHealthWad, debt, status }) => ({
    account: id,
    owner: ownerOf(id),
    subAccount: subAccountOf(id).toString(),
    status: statusName(status),
    health: formatWad(healthWad),
    floorHealth: formatWad(floorHealthWad),
    debt: formatUnits(debt, decimals, PLACES),
  });
}

function secondsLeft(
  account: AccountState,
  moment: VaultMoment,
  { snapshot }: BlockView,
): number | undefined {
  const { clock } = snapshot;
  const deadline = deadlineAt(account, moment.clock);
  const ends =
    deadline > moment.clock.uptime
      ? deadline
      : auctionStartAt(account, moment.clock) + moment.risk.auctionSeconds;
  const at = timeOf(clock, ends);
  return at === undefined ? undefined : Number(at - clock.timestamp);
}

function transactionOf({
  event,
  block,
  fields,
}: TransactionLine): NonNullable<StatusReport["transactions"]>[number] {
  const { duty, accounts, nonce, hash } = fields;
  const number = (value: unknown) => (typeof value === "number" ? value : undefined);
  const text = (value: unknown) => (typeof value === "string" ? value : undefined);
  return {
    event: event.slice("transaction.".length),
    block: number(fields.block) ?? block,
    duty: text(duty),
    accounts: number(accounts),
    nonce: number(nonce),
    hash: text(hash),
  };
}

function countsOf(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
