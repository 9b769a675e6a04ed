import { crashStory, type CrashPlan } from "./crashStory.ts";
import type { CoursePoint } from "./weightCourse.ts";

/** How long before it fell below its floor an account was called, minutes. */
export interface Notice {
  /** The account's health factor when the crash began, by the weights without tightening. */
  readonly health: number;
  readonly without: number;
  readonly with: number;
}

/** Of accounts that are not callable when a crash begins; what falls from further up has the most notice anyway. */
const HEALTHS = Array.from({ length: 49 }, (_, i) => 1.005 + 0.005 * i);

/** The notices of all accounts that a crash takes below their floors; none where the course is not of that time. */
export function noticesOf(course: readonly CoursePoint[], crash: CrashPlan): Notice[] {
  const [first] = course;
  if (first === undefined || first.at > crash.from) return [];
  return HEALTHS.flatMap((health) => {
    const { calledAt, calledAtWithout, criticalAt } = crashStory(course, { ...crash, health });
    if (calledAt === undefined || calledAtWithout === undefined || criticalAt === undefined) return [];
    const minutes = (from: bigint): number => Number(criticalAt - from) / 60;
    return [{ health, without: minutes(calledAtWithout), with: minutes(calledAt) }];
  });
}
