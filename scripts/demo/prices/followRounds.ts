import type { Round } from "./priceSeries.ts";

const WAD = 10n ** 18n;

/**
 * A second price that makes `betaWad` times each return of the first, from `firstAnswer` on; never below the smallest
 * answer above zero. Rounded down.
 */
export function followRounds(
  rounds: readonly Round[],
  firstAnswer: bigint,
  betaWad: bigint,
): readonly Round[] {
  let before: Round | undefined;
  let answer = firstAnswer;
  return rounds.map((round) => {
    if (before !== undefined) {
      answer += (answer * betaWad * (round.answer - before.answer)) / (WAD * before.answer);
      if (answer < 1n) answer = 1n;
    }
    before = round;
    return { at: round.at, answer };
  });
}
