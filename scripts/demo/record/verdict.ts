import type { Checker } from "../check/checker.ts";
import type { ConservationWatch } from "../check/conservation.ts";
import type { Verdict } from "../report/recording.ts";

const MOST_SENTENCES = 10;

/**
 * Whether the run was good, and what was not.
 * @param more What else was not, one sentence each.
 */
export function verdictOf(
  checker: Checker,
  conservation: ConservationWatch,
  more: readonly string[] = [],
): Verdict {
  const { misses } = checker.watch;
  const sentences = [
    ...more,
    ...misses.map(
      ({ account, duty, since, found }) =>
        `Account ${account} waited for a ${duty} from block ${since} to ${found} and beyond.`,
    ),
    ...checker.differences.map(
      ({ account, block, vaultSays, checkSays }) =>
        `Account ${account} at block ${block}: the vault says ${vaultSays}, the check ${checkSays}.`,
    ),
    ...checker.clockDifferences.map(
      ({ block, vaultSays, checkSays }) =>
        `At block ${block} the vault's clock shows ${vaultSays.toString()}, the check's ${checkSays.toString()}.`,
    ),
    ...checker.forbidden.map(({ account, block, why }) => `Account ${account} at block ${block}: ${why}.`),
    ...conservation.imbalances.map(
      ({ symbol, block, what, delta }) =>
        `${symbol} at block ${block}: ${what} is off by ${delta.toString()}.`,
    ),
  ];
  const rest = sentences.length - MOST_SENTENCES;
  const shown = sentences.slice(0, MOST_SENTENCES);
  return {
    missed: misses.length,
    conservation: conservation.deltas,
    problems: rest > 0 ? [...shown, `And ${rest} more.`] : shown,
  };
}

/** Nothing missed, nothing lost, and no disagreement. */
export function isGood({ missed, conservation, problems }: Verdict): boolean {
  return missed === 0 && problems.length === 0 && Object.values(conservation).every((delta) => delta === 0n);
}
