import type { FeedRound } from "../../../sdk/volatility.ts";
import { CHOSEN_TERMS, LIQUIDATION_BPS } from "./chosenTerms.ts";
import { crashStory, type CrashPlan } from "./crashStory.ts";
import type { VolatilityPicture } from "./volatilityChart.ts";
import { weightCourse } from "./weightCourse.ts";

/** The day of the crash, from noon, and an account a little above the level at which it is called. */
export const CRASH: CrashPlan = {
  from: secondsAt("2023-08-17T12:00:00Z"),
  to: secondsAt("2023-08-18T00:00:00Z"),
  health: 1.05,
  liquidationBps: LIQUIDATION_BPS,
};

/** In ten months only these two took any account, healthy half a day before, below its floor. */
export const CRASHES: readonly CrashPlan[] = [
  CRASH,
  { ...CRASH, from: secondsAt("2024-01-03T02:00:00Z"), to: secondsAt("2024-01-03T14:00:00Z") },
];

/** August 2023 with the chosen terms; of fewer rounds, what they cover. */
export function augustPicture(rounds: readonly FeedRound[], crash = CRASH): VolatilityPicture {
  const course = weightCourse(rounds, CHOSEN_TERMS);
  const [start, end] = [secondsAt("2023-08-01T00:00:00Z"), secondsAt("2023-09-01T00:00:00Z")];
  const first = course[0]?.at ?? start;
  const last = course.at(-1)?.at ?? end;
  return {
    course,
    terms: CHOSEN_TERMS,
    liquidationBps: LIQUIDATION_BPS,
    from: first > start ? first : start,
    to: last < end ? last : end,
    crash: crashStory(course, crash),
  };
}

function secondsAt(iso: string): bigint {
  return BigInt(Date.parse(iso) / 1_000);
}
