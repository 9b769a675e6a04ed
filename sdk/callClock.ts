import { mulDivDown, WAD } from "./fixedPoint.ts";
import { CLOSE_LEVEL_WAD, isAboveFloor, isAtLeast, WARNING_LEVEL_WAD, type Valuation } from "./healthMath.ts";
import { Status, type AccountState, type Moment } from "./vaultTypes.ts";

/** A call opened within this time of one that closed past its deadline has the minimum grace. */
export const LATE_CLOSE_MEMORY_SECONDS = 86_400n;
/** No second bounty for the same account within this time. */
export const BOUNTY_COOLDOWN_SECONDS = 86_400n;

/** The times of a call as they are stored. */
type CallTimes = Pick<AccountState, "deadline" | "auctionStart">;

/** The uptime from `start` to `uptime`; zero when an outage, learned late, has put the clock before it. */
export function elapsedSince(start: bigint, uptime: bigint): bigint {
  return uptime > start ? uptime - start : 0n;
}

/** `deadline`, not before the protection that it enjoys ends. */
export function protectedDeadline(deadline: bigint, clock: Moment): bigint {
  const { protectedFrom, protectedUntil, earlierFrom, earlierUntil } = clock;
  const put = deadline > earlierFrom && deadline < earlierUntil ? earlierUntil : deadline;
  return put > protectedFrom && put < protectedUntil ? protectedUntil : put;
}

/** The deadline of the open call as the clock has it; zero without one. */
export function deadlineAt({ deadline }: CallTimes, clock: Moment): bigint {
  return protectedDeadline(deadline, clock);
}

/** When the auction of the open call begins, or last began again; zero without a call. */
export function auctionStartAt(account: CallTimes, clock: Moment): bigint {
  const deadline = deadlineAt(account, clock);
  return account.auctionStart > deadline ? account.auctionStart : deadline;
}

/** Whether a call is open whose deadline has passed. */
export function isPastDeadline(account: CallTimes, clock: Moment): boolean {
  return account.deadline !== 0n && clock.uptime >= deadlineAt(account, clock);
}

/** The status of an account of worth `v`, `AccountHealth.statusOf`. */
export function statusAt(v: Valuation, account: CallTimes, auctionSeconds: bigint, clock: Moment): Status {
  const { uptime } = clock;
  return statusOf(v, deadlineAt(account, clock), auctionStartAt(account, clock), auctionSeconds, uptime);
}

/**
 * The one definition of an account's status.
 * @param deadline Uptime of the open call's deadline; zero without an open call.
 * @param auctionStart Uptime from which the auction counts.
 */
export function statusOf(
  v: Valuation,
  deadline: bigint,
  auctionStart: bigint,
  auctionSeconds: bigint,
  uptime: bigint,
): Status {
  if (v.debt > v.value) return Status.Insolvent;
  if (!isAboveFloor(v)) return Status.Critical;
  // A call without debt is the sale of what a default has left to the insurance: it heals by being sold out.
  const healthy = isAtLeast(v, WAD) && (v.debt !== 0n || deadline === 0n);
  if (deadline !== 0n) {
    if (uptime < deadline) return Status.Called;
    if (healthy) return Status.Recovering;
    return elapsedSince(auctionStart, uptime) < auctionSeconds ? Status.Expired : Status.Lapsed;
  }
  if (!healthy) return Status.Callable;
  return isAtLeast(v, WARNING_LEVEL_WAD) ? Status.Healthy : Status.Warned;
}

/** Whether an open call may end: at the closing level, past its deadline at 1, without debt always. */
export function mayClose(v: Valuation, deadline: bigint, uptime: bigint): boolean {
  return isAtLeast(v, closeLevelWad(deadline, uptime));
}

/** The health factor at which an open call closes, times 1e18. */
export function closeLevelWad(deadline: bigint, uptime: bigint): bigint {
  return uptime < deadline ? CLOSE_LEVEL_WAD : WAD;
}

/**
 * The time a call gives: `max(minGrace, maxGrace * b^2)`, `b` the unused share of the call band, rounded down.
 * Only for an account between floor and call, `A_m < D <= A_l`.
 */
export function graceSeconds(v: Valuation, minGraceSeconds: bigint, maxGraceSeconds: bigint): bigint {
  const band = v.liquidationValue - v.maintenanceValue;
  const unusedWad = mulDivDown(
    mulDivDown(v.liquidationValue - v.debt, WAD, band),
    v.maintenanceValue,
    v.debt,
  );
  const grace = mulDivDown(maxGraceSeconds, unusedWad * unusedWad, WAD * WAD);
  return grace > minGraceSeconds ? grace : minGraceSeconds;
}
