import { INITIAL_INDEX } from "../../sdk/debtMath.ts";
import { BPS, WAD } from "../../sdk/fixedPoint.ts";
import { CLOSE_LEVEL_WAD, WARNING_LEVEL_WAD } from "../../sdk/healthMath.ts";
import { Status, type VaultMoment } from "../../sdk/vaultTypes.ts";
import { COLLATERALS, Measure } from "./scalars.ts";

/*
 * An account stands on a ladder, and its rung says which thresholds it meets: rung 1 is debt covered by value, 2 by
 * liquidation value, 3 by maintenance value at 1, or at the closing level during a call, 4, without a call, at the
 * warning level. With maintenance weights below liquidation weights below one, whoever meets one meets all below it.
 */
export const INSOLVENT = 0;
const CRITICAL = 1;
const UNDER = 2;
export const OVER = 3;

/** An open call as it bears on the rungs; `level` is the health at which it may close. */
export interface CallClock {
  readonly level: number;
  readonly isPast: boolean;
  readonly isLapsed: boolean;
}

export const NO_CALL: CallClock = { level: 1, isPast: false, isLapsed: false };
export const CLOSE_LEVEL = Number(CLOSE_LEVEL_WAD) / Number(WAD);
const WARNING_LEVEL = Number(WARNING_LEVEL_WAD) / Number(WAD);

/** Whether the rungs are in order and rounding has the room that `roundingRoom` gives; the contract sees to both. */
export function isOrdered({ collaterals, debtIndex }: VaultMoment): boolean {
  if (debtIndex < INITIAL_INDEX || collaterals.length > COLLATERALS) return false;
  return collaterals.every(
    ({ maintenanceBps, liquidationBps }) => maintenanceBps <= liquidationBps && liquidationBps <= BPS,
  );
}

/** What has to cover the debt on `rung`. */
export function measureOf(rung: number): Measure {
  if (rung >= OVER) return Measure.Maintenance;
  return rung === UNDER ? Measure.Liquidation : Measure.Value;
}

/** How many times it has to cover the debt; `callLevel` is the call's. */
export function levelOf(rung: number, callLevel: number): number {
  if (rung < OVER) return 1;
  return rung === OVER ? callLevel : WARNING_LEVEL;
}

/** The status on a rung above `INSOLVENT`. */
export function statusOn(rung: number, hasCall: boolean, call: CallClock): Status {
  if (rung === CRITICAL) return Status.Critical;
  if (hasCall) return statusOfCall(call, rung >= OVER);
  if (rung === UNDER) return Status.Callable;
  return rung === OVER ? Status.Warned : Status.Healthy;
}

/** The status of an account with an open call that is not below the floor. */
export function statusOfCall({ isPast, isLapsed }: CallClock, isHealthy: boolean): Status {
  if (!isPast) return Status.Called;
  if (isHealthy) return Status.Recovering;
  return isLapsed ? Status.Lapsed : Status.Expired;
}
