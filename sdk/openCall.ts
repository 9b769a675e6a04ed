import {
  BOUNTY_COOLDOWN_SECONDS,
  deadlineAt,
  elapsedSince,
  graceSeconds,
  LATE_CLOSE_MEMORY_SECONDS,
  mayClose,
  statusAt,
} from "./callClock.ts";
import { toDebtUp, toSharesUp } from "./debtMath.ts";
import { BPS, mulDivDown } from "./fixedPoint.ts";
import type { Valuation } from "./healthMath.ts";
import { valuationOf } from "./valuation.ts";
import { Refusal, Status, type AccountState, type VaultMoment } from "./vaultTypes.ts";

/** Of the debt: the most a bounty may be. */
const MAX_BOUNTY_BPS = 10n;

/** What `openCall` would do. */
export type CallOpening =
  | { readonly refusal: Exclude<Refusal, typeof Refusal.None> }
  | {
      readonly refusal: typeof Refusal.None;
      /** True when it follows a call whose auction lapsed. */
      readonly reopened: boolean;
      /** Quote base units added to the debt and paid to the opener in vault shares. */
      readonly bounty: bigint;
      readonly debtShares: bigint;
      /** Uptime up to which the trader may act undisturbed. */
      readonly deadline: bigint;
    };

/** What `openCall` would do for `account` at this moment, `CallLogic._open`. */
export function workOpening(account: AccountState, moment: VaultMoment): CallOpening {
  const { collaterals, prices, risk, debtIndex, clock } = moment;
  if (account.debtShares === 0n) return { refusal: Refusal.NotCallable };
  if (clock.isCallingPaused) return { refusal: Refusal.Paused };
  if (!prices.available) return { refusal: Refusal.OracleUnavailable };
  const v = valuationOf(account, collaterals, prices, debtIndex);
  const status = statusAt(v, account, risk.auctionSeconds, clock);
  if (status !== Status.Callable && status !== Status.Lapsed) return { refusal: Refusal.NotCallable };

  const reopened = status === Status.Lapsed;
  const bounty = reopened ? 0n : bountyOf(account, moment, v);
  const debtShares = account.debtShares + (bounty === 0n ? 0n : toSharesUp(bounty, debtIndex));
  const closedLateRecently =
    account.closedLateAt !== 0n &&
    elapsedSince(account.closedLateAt, clock.uptime) < LATE_CLOSE_MEMORY_SECONDS;
  const called = { ...v, debt: toDebtUp(debtShares, debtIndex) };
  const grace =
    reopened || closedLateRecently
      ? risk.minGraceSeconds
      : graceSeconds(called, risk.minGraceSeconds, risk.maxGraceSeconds);
  return { refusal: Refusal.None, reopened, bounty, debtShares, deadline: clock.uptime + grace };
}

/** Whether `closeCall` would close the call of `account` at this moment, `CallLogic._close`. */
export function closingRefusal(account: AccountState, moment: VaultMoment): Refusal {
  // Without debt it is the sale of what a default left, which ends by being sold.
  if (account.deadline === 0n || account.debtShares === 0n) return Refusal.NotClosable;
  if (!moment.prices.available) return Refusal.OracleUnavailable;
  const v = valuationOf(account, moment.collaterals, moment.prices, moment.debtIndex);
  return mayClose(v, deadlineAt(account, moment.clock), moment.clock.uptime)
    ? Refusal.None
    : Refusal.NotClosable;
}

/** The bounty that opening pays: none within a day of the last call, none that would take the account to the floor. */
function bountyOf(account: AccountState, moment: VaultMoment, v: Valuation): bigint {
  const { risk, debtIndex, clock } = moment;
  const sinceCall = elapsedSince(account.calledAt, clock.uptime);
  if (account.calledAt !== 0n && sinceCall < BOUNTY_COOLDOWN_SECONDS) return 0n;
  const share = mulDivDown(v.debt, MAX_BOUNTY_BPS, BPS);
  const bounty = share > risk.maxBounty ? risk.maxBounty : share;
  if (bounty === 0n) return 0n;
  const debtAfter = toDebtUp(account.debtShares + toSharesUp(bounty, debtIndex), debtIndex);
  return v.liquidationValue < debtAfter ? 0n : bounty;
}
