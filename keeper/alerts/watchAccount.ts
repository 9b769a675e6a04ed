import type { AccountId } from "../../sdk/accountId.ts";
import { cureAmounts } from "../../sdk/cureAmounts.ts";
import { MAX_UINT256 } from "../../sdk/fixedPoint.ts";
import { callProbability, jointVolatilityWad } from "../../sdk/forecast.ts";
import { toDebtUp } from "../../sdk/debtMath.ts";
import { valueDown } from "../../sdk/healthMath.ts";
import { marginOf, type Margin } from "../../sdk/margin.ts";
import { numbersIn } from "../../sdk/valuation.ts";
import { Status, type AccountState, type VaultMoment } from "../../sdk/vaultTypes.ts";
import type { Finding } from "./factBook.ts";
import { calledKey } from "./findings.ts";
import type { AccountNotice, CureForms } from "./notice.ts";

/** What an account is looked at with. */
export interface WatchView {
  readonly moment: VaultMoment;
  /** In a day, if rates stay. */
  readonly laterDebtIndex: bigint;
  /** Of a collateral, a year's, times 1e18. */
  readonly volatilityWad: (number: number) => bigint;
  readonly minProbabilityBps: number;
  readonly block: number;
}

/** Whether an account has been warned, so that it is not warned again before it was well in between. */
export interface Warned {
  readonly approaching: boolean;
  readonly forecast: boolean;
}

/** What there is to tell of an account as it stands, and which warnings are over. */
export interface Look {
  readonly findings: readonly Finding[];
  readonly over: readonly ("approaching" | "forecast")[];
}

/** A warning is over from here on: somewhat above the level at which it is given, or each tick would be a warning. */
const WELL_AGAIN_WAD = 1_120_000_000_000_000_000n;
const DAY_SECONDS = 86_400n;

/** Looks at one account. Pure; needs prices. */
export function watchAccount(id: AccountId, state: AccountState, view: WatchView, warned: Warned): Look {
  const margin = state.debtShares === 0n ? undefined : marginOf(state, view.moment);
  if (margin === undefined) return { findings: [], over: ["approaching", "forecast"] };
  const cure = cureOf(state, view.moment);
  if (state.deadline !== 0n) {
    return { findings: callFindings(id, state, margin, cure, view), over: ["approaching", "forecast"] };
  }
  const approaching = approachingOf(id, margin, cure, view);
  const forecast = forecastOf(id, state, margin, view);
  const findings = [
    ...(warned.approaching ? [] : approaching),
    ...(warned.forecast ? [] : forecast.findings),
  ];
  const over = [
    ...(margin.healthWad >= WELL_AGAIN_WAD ? (["approaching"] as const) : []),
    ...(forecast.isOver ? (["forecast"] as const) : []),
  ];
  return { findings, over };
}

/** The open call, for whose event nobody was here, and how its time runs out. */
function callFindings(
  account: AccountId,
  { callNonce: nonce, calledAt, deadline }: AccountState,
  { deadline: protectedDeadline, debt, status }: Margin,
  cure: CureForms,
  { moment }: WatchView,
): Finding[] {
  const call = { kind: "called", account, transactionHash: undefined, nonce, reopened: false } as const;
  const opened = { key: calledKey(account, nonce), notice: { ...call, deadline, debt, cure } };
  const leftSeconds = protectedDeadline - moment.clock.uptime;
  const wholeSeconds = protectedDeadline - calledAt;
  if (leftSeconds <= 0n || leftSeconds * 2n > wholeSeconds) return [opened];
  const left = leftSeconds * 10n <= wholeSeconds ? "tenth" : "half";
  const isCritical = status === Status.Critical || status === Status.Insolvent;
  const notice = { kind: "reminder", account, nonce, left, deadline, debt, isCritical, cure } as const;
  return [opened, { key: `reminder:${account}:${nonce}:${left}`, notice }];
}

function approachingOf(account: AccountId, margin: Margin, cure: CureForms, { block }: WatchView): Finding[] {
  const { status, healthWad, debt } = margin;
  if (status === Status.Healthy) return [];
  const notice: AccountNotice = { kind: "approaching", account, status, healthWad, debt, cure };
  return [{ key: `approaching:${account}:${block}`, notice }];
}

/** Only while there is something to foresee: whoever is below already has been warned of that. */
function forecastOf(
  account: AccountId,
  state: AccountState,
  { maintenanceValue, debt, healthWad, status }: Margin,
  view: WatchView,
): { readonly findings: readonly Finding[]; readonly isOver: boolean } {
  const { moment, laterDebtIndex, minProbabilityBps, block } = view;
  if (status !== Status.Healthy && status !== Status.Warned) return { findings: [], isOver: true };
  const volatilityWad = volatilityOf(state, view);
  const laterDebt = toDebtUp(
    state.debtShares,
    laterDebtIndex > moment.debtIndex ? laterDebtIndex : moment.debtIndex,
  );
  const probability = callProbability(maintenanceValue, laterDebt, volatilityWad, DAY_SECONDS);
  const probabilityBps = Math.round(probability * 10_000);
  if (probabilityBps * 2 < minProbabilityBps) return { findings: [], isOver: true };
  if (probabilityBps < minProbabilityBps) return { findings: [], isOver: false };
  const notice = { kind: "forecast", account, probabilityBps, volatilityWad, healthWad, debt } as const;
  return { findings: [{ key: `forecast:${account}:${block}`, notice }], isOver: false };
}

/** Each collateral counts as much as it does in the maintenance value. */
function volatilityOf(state: AccountState, { moment, volatilityWad }: WatchView): bigint {
  const positions = numbersIn(state.collateralSet).map((number) => {
    const value = valueDown(state.collateral[number] ?? 0n, moment.prices.price36[number] ?? 0n);
    const worth = value * (moment.collaterals[number]?.maintenanceBps ?? 0n);
    return { worth, volatilityWad: volatilityWad(number) };
  });
  return jointVolatilityWad(positions);
}

function cureOf(state: AccountState, moment: VaultMoment): CureForms {
  const { repay, collaterals } = cureAmounts(state, moment) ?? { repay: 0n, collaterals: [] };
  const deposits = collaterals.flatMap(({ asset, deposit }) =>
    deposit === MAX_UINT256 || deposit === 0n ? [] : [{ asset, amount: deposit }],
  );
  return { repay, deposits };
}
