import type { Round } from "./priceSeries.ts";

const DEVIATION_BPS = 50n;
const HEARTBEAT_SECONDS = 3600;

/**
 * The rounds that an oracle with a deviation threshold of 0.5 % and a heartbeat of one hour would have published; the
 * first, the last and the lowest are always kept.
 *
 * Rounds are returned as they are when such an oracle would have published two thirds of them or more: they are not
 * finer than an oracle. Rounds recorded from a real one lie above that line (its nodes see deviations that its
 * answers, medians, do not show), minute candles far below.
 */
export function thinRounds(rounds: readonly Round[]): readonly Round[] {
  const lowest = rounds.reduce(
    (low, { answer }, index) => (answer < (rounds[low]?.answer ?? answer) ? index : low),
    0,
  );
  const kept: Round[] = [];
  for (const [index, round] of rounds.entries()) {
    const before = kept.at(-1);
    const isLast = index === rounds.length - 1;
    if (before === undefined || isLast || index === lowest || isDue(before, round)) kept.push(round);
  }
  return 3 * kept.length >= 2 * rounds.length ? rounds : kept;
}

function isDue(before: Round, round: Round): boolean {
  const change = round.answer > before.answer ? round.answer - before.answer : before.answer - round.answer;
  return change * 10_000n >= before.answer * DEVIATION_BPS || round.at - before.at >= HEARTBEAT_SECONDS;
}
