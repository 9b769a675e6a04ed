import type { CoursePoint } from "./weightCourse.ts";

/** One borrower in a crash, with weights that follow volatility and without. Prices in the feed's base units. */
export interface CrashStory {
  readonly from: bigint;
  readonly to: bigint;
  /** The price below which the account is callable by the weights without tightening. */
  readonly callPrice: number;
  /** The price below which there is no more time to give; volatility does not move it. */
  readonly floorPrice: number;
  /** When it becomes callable, unix seconds. */
  readonly calledAt: bigint | undefined;
  readonly calledAtWithout: bigint | undefined;
  /** When it falls below its floor. */
  readonly criticalAt: bigint | undefined;
}

export interface CrashPlan {
  /** When its health factor is looked at, by the weights without tightening, unix seconds. */
  readonly from: bigint;
  readonly to: bigint;
  readonly health: number;
  readonly liquidationBps: bigint;
}

/**
 * Follows an account with no other change than the price's and the weights'. Throws a RangeError when the course does
 * not reach back to the crash.
 */
export function crashStory(course: readonly CoursePoint[], plan: CrashPlan): CrashStory {
  const ownBps = Number(course[0]?.maintenanceBps ?? 0n);
  const start = course.findLast(({ at }) => at <= plan.from);
  if (start === undefined) throw new RangeError("the course begins after the crash");
  const callPrice = Number(start.answer) / plan.health;
  const floorPrice = (callPrice * ownBps) / Number(plan.liquidationBps);
  const points = course.filter(({ at }) => at >= plan.from && at <= plan.to);
  const firstAt = (isSo: (point: CoursePoint) => boolean): bigint | undefined => points.find(isSo)?.at;
  return {
    from: plan.from,
    to: plan.to,
    callPrice,
    floorPrice,
    calledAt: firstAt((point) => Number(point.answer) < callPriceAt(point, callPrice, ownBps)),
    calledAtWithout: firstAt(({ answer }) => Number(answer) < callPrice),
    criticalAt: firstAt(({ answer }) => Number(answer) < floorPrice),
  };
}

/** The price below which an account is callable at a point of the course. */
export function callPriceAt(point: CoursePoint, callPrice: number, ownBps: number): number {
  return (callPrice * ownBps) / Number(point.maintenanceBps);
}
