import { mulDivDown, WAD } from "./fixedPoint.ts";
import { CLOSE_LEVEL_WAD, isAboveFloor, isAtLeast, WARNING_LEVEL_WAD, type Valuation } from "./healthMath.ts";
import { Status } from "./vaultTypes.ts";

/** A call opened within this time of one that closed past its deadline has the minimum grace. */
export const LATE_CLOSE_MEMORY_SECONDS = 86_400n;
/** No second bounty for the same account within this time. */
export const BOUNTY_COOLDOWN_SECONDS = 86_400n;

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
    return uptime - auctionStart < auctionSeconds ? Status.Expired : Status.Lapsed;
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
