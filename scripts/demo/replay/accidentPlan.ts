import type { Round } from "../prices/priceSeries.ts";
import type { Misreport } from "./feeds.ts";

const ACCIDENT_SECONDS = 1_200;
const ACCIDENT_BPS = 300n;
/** It begins so long after a round, when keeper and accounts have come to rest. */
const REST_SECONDS = 120;
/** What it has called must be over before prices move. */
const AFTERWARDS_SECONDS = 300;
/** As far as a calm price may be from the first one, at which every account is well. */
const CALM_BPS = 100n;

/**
 * When the first collateral's feed answers 3 % too low: for twenty minutes of the first calm stretch, in which true
 * prices call nobody. Undefined when there is none.
 * @param rounds The first collateral's.
 */
export function planAccident(rounds: readonly Round[]): Misreport | undefined {
  const [first] = rounds;
  if (first === undefined) return undefined;
  const isCalm = ({ answer }: Round) => {
    const change = answer > first.answer ? answer - first.answer : first.answer - answer;
    return change * 10_000n <= first.answer * CALM_BPS;
  };
  const end = rounds.at(-1)?.at ?? first.at;
  const begin = rounds.find((round, i) => {
    const over = round.at + REST_SECONDS + ACCIDENT_SECONDS + AFTERWARDS_SECONDS;
    const within = rounds.slice(i).filter(({ at }) => at <= over);
    return over <= end && within.every(isCalm);
  });
  if (begin === undefined) return undefined;
  const from = begin.at + REST_SECONDS;
  return { from, until: from + ACCIDENT_SECONDS, lowBps: ACCIDENT_BPS };
}
