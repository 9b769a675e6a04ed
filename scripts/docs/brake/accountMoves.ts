import { deadlineAt, mayClose, isPastDeadline } from "../../../sdk/callClock.ts";
import { toDebtUp, toSharesDown } from "../../../sdk/debtMath.ts";
import type { Valuation } from "../../../sdk/healthMath.ts";
import type { Take } from "../../../sdk/liquidation.ts";
import type { CallOpening } from "../../../sdk/openCall.ts";
import type { Refusal } from "../../../sdk/vaultTypes.ts";
import { type AccountState, type Moment, type VaultMoment } from "../../../sdk/vaultTypes.ts";
import { valuationOf } from "../../../sdk/valuation.ts";

/*
 * What the vault's entrances make of an account, beside what the SDK works out of them: on a chain the events say it.
 * Each takes what was allowed for allowed.
 */

type Opened = Extract<CallOpening, { refusal: typeof Refusal.None }>;

/** A take carried out. */
export interface Sold {
  readonly account: AccountState;
  readonly closes: boolean;
  /** Quote base units of debt written off, for nothing is left to sell; zero otherwise. */
  readonly loss: bigint;
}

export function withCallOpened(
  account: AccountState,
  { debtShares, deadline }: Opened,
  clock: Moment,
): AccountState {
  const callNonce = account.callNonce + 1;
  return { ...account, callNonce, calledAt: clock.uptime, deadline, auctionStart: deadline, debtShares };
}

export function withCallClosed(account: AccountState, clock: Moment): AccountState {
  const late = clock.uptime >= deadlineAt(account, clock);
  const closedLateAt = late ? clock.uptime : account.closedLateAt;
  return { ...account, deadline: 0n, auctionStart: 0n, closedLateAt };
}

/** `amount` is quote base units, at most the debt. */
export function withRepaid(account: AccountState, amount: bigint, debtIndex: bigint): AccountState {
  const isAll = amount === toDebtUp(account.debtShares, debtIndex);
  const shares = isAll ? account.debtShares : toSharesDown(amount, debtIndex);
  return { ...account, debtShares: account.debtShares - shares };
}

/** `change` is base units of a collateral, below zero for what leaves. */
export function withCollateral(account: AccountState, number: number, change: bigint): AccountState {
  const balance = (account.collateral[number] ?? 0n) + change;
  const bit = 1 << number;
  const collateralSet = balance === 0n ? account.collateralSet & ~bit : account.collateralSet | bit;
  return { ...account, collateralSet, collateral: account.collateral.with(number, balance) };
}

/** `LiquidationLogic._carryOut` of a take that was not refused. */
export function withSold(before: AccountState, take: Take, moment: VaultMoment): Sold {
  const { clock, debtIndex, collaterals, prices } = moment;
  let account = withRepaid(withCollateral(before, take.number, -take.seized), take.repaid, debtIndex);
  const v = valuationOf(account, collaterals, prices, debtIndex);
  const closes = account.deadline !== 0n && mayClose(v, deadlineAt(account, clock), clock.uptime);
  if (isPastDeadline(account, clock) && !closes && take.repaid * 4n >= take.tranche) {
    account = { ...account, auctionStart: clock.uptime };
  }
  if (closes) account = withCallClosed(account, clock);
  if (!isHopeless(v, moment)) return { account, closes, loss: 0n };
  return { account: withDebtWrittenOff(account, clock), closes, loss: v.debt };
}

/** Whether what the account still holds is not worth selling, and less than it owes. */
export function isHopeless({ debt, value }: Valuation, { risk }: VaultMoment): boolean {
  return debt !== 0n && value < debt && value < risk.dustValue;
}

/** The debt is gone, and what is left of the collateral is the insurance's. */
export function withDebtWrittenOff(account: AccountState, clock: Moment): AccountState {
  const closed = account.deadline === 0n ? account : withCallClosed(account, clock);
  return { ...closed, debtShares: 0n, collateralSet: 0, collateral: account.collateral.map(() => 0n) };
}
