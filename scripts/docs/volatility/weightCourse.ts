import {
  firstEstimate,
  nextEstimate,
  nextWeights,
  STEP_SECONDS,
  tightenedDown,
  tighteningWadDown,
  volatilityWadDown,
  type FeedRound,
  type TighteningTerms,
  type Weights,
} from "../../../sdk/volatility.ts";

/** A gauge, and how a collateral follows it. */
export interface CourseTerms extends TighteningTerms {
  readonly halfLifeSeconds: bigint;
  /** The weights without any tightening. */
  readonly own: Weights;
}

/** How it stands from `at` on, unix seconds. */
export interface CoursePoint extends Weights {
  readonly at: bigint;
  readonly answer: bigint;
  readonly volatilityWad: bigint;
}

/**
 * What gauge and configurator do over `rounds`, by the SDK's mirror of them, when somebody pokes at every round and
 * whenever a step of the maintenance weight is due. Rounds ascend in time; there is at least one.
 */
export function weightCourse(rounds: readonly FeedRound[], terms: CourseTerms): CoursePoint[] {
  const [first, ...rest] = rounds;
  if (first === undefined) throw new RangeError("a course needs a round");
  let estimate = firstEstimate(first, terms.referenceWad);
  let weights = terms.own;
  let target = terms.own;
  let loweredAt = 0n;
  const course: CoursePoint[] = [];
  const poke = (at: bigint): void => {
    const next = nextWeights(weights, target, { lower: at >= loweredAt + STEP_SECONDS, loosen: true });
    if (next.maintenanceBps < weights.maintenanceBps) loweredAt = at;
    weights = next;
    const volatilityWad = volatilityWadDown(estimate.varianceWad);
    course.push({ at, answer: estimate.answer, volatilityWad, ...weights });
  };
  poke(first.updatedAt);
  for (const round of rest) {
    while (target.maintenanceBps < weights.maintenanceBps && loweredAt + STEP_SECONDS < round.updatedAt) {
      poke(loweredAt + STEP_SECONDS);
    }
    estimate = nextEstimate(estimate, round, terms.halfLifeSeconds);
    const volatilityWad = volatilityWadDown(estimate.varianceWad);
    target = tightenedDown(terms.own, tighteningWadDown(volatilityWad, terms));
    poke(round.updatedAt);
  }
  return course;
}
