import { BPS, mulDivDown, WAD } from "./fixedPoint.ts";
import { CURE_LEVEL_WAD } from "./healthMath.ts";

/** A round of a feed: its answer in the feed's own decimals, and when it came, unix seconds. */
export interface FeedRound {
  readonly answer: bigint;
  readonly updatedAt: bigint;
}

/** Where a gauge's measurement stands; see `IVolatilityGauge`. */
export interface VolatilityEstimate extends FeedRound {
  /** A year's, times 1e18. */
  readonly varianceWad: bigint;
}

/** The two weights of a collateral that follow volatility, bps. */
export interface Weights {
  readonly initialBps: bigint;
  readonly maintenanceBps: bigint;
}

/** How weights follow volatility: above `referenceWad`, by `slopeBps` for each 100 %, by `capBps` at most. */
export interface TighteningTerms {
  readonly referenceWad: bigint;
  readonly slopeBps: bigint;
  readonly capBps: bigint;
}

const YEAR_SECONDS = 31_557_600n;
const MAX_VARIANCE_WAD = 10n ** 22n;
const MAX_MOVE_WAD = 10n ** 21n;
const LN_2_WAD = 693_147_180_559_945_309n;
const MAX_HALVINGS = 60n;
/** A maintenance weight falls by at most so much a step. */
export const MAX_STEP_BPS = 25n;
/** And at most once in so long. */
export const STEP_SECONDS = 3_600n;
/** So many rounds a poke of the configurator reads at most. */
export const POKED_ROUNDS = 48;

/** `2^(-elapsed / halfLife)`, times 1e18. */
export function decayWad(elapsed: bigint, halfLifeSeconds: bigint): bigint {
  const halvings = elapsed / halfLifeSeconds;
  if (halvings >= MAX_HALVINGS) return 0n;
  const exponentWad = mulDivDown(elapsed % halfLifeSeconds, LN_2_WAD, halfLifeSeconds);
  let [added, subtracted, termWad] = [WAD, 0n, WAD];
  for (let k = 1n; termWad !== 0n; k += 2n) {
    termWad = mulDivDown(termWad, exponentWad, k * WAD);
    subtracted += termWad;
    termWad = mulDivDown(termWad, exponentWad, (k + 1n) * WAD);
    added += termWad;
  }
  return (added - subtracted) >> halvings;
}

/** `|answer / before - 1|`, times 1e18, rounded down, at most a thousandfold. */
export function moveWadDown(before: bigint, answer: bigint): bigint {
  const difference = answer > before ? answer - before : before - answer;
  return least(mulDivDown(difference, WAD, before), MAX_MOVE_WAD);
}

/** `w * v + (1 - w) * r^2 * year / elapsed`, rounded down, at most that of a volatility of 10,000 %. */
export function nextVarianceWadDown(
  varianceWad: bigint,
  moveWad: bigint,
  elapsed: bigint,
  halfLifeSeconds: bigint,
): bigint {
  const keptWad = decayWad(elapsed, halfLifeSeconds);
  const seenWad = mulDivDown(moveWad * moveWad, YEAR_SECONDS, WAD * elapsed);
  return least((varianceWad * keptWad + seenWad * (WAD - keptWad)) / WAD, MAX_VARIANCE_WAD);
}

/** Where a gauge begins, at its first round. */
export function firstEstimate(round: FeedRound, referenceWad: bigint): VolatilityEstimate {
  const { answer, updatedAt } = round;
  return { answer, updatedAt, varianceWad: (referenceWad * referenceWad) / WAD };
}

/** The estimate after one more round; one of the same second or earlier counts for nothing. */
export function nextEstimate(
  estimate: VolatilityEstimate,
  { answer, updatedAt }: FeedRound,
  halfLifeSeconds: bigint,
): VolatilityEstimate {
  if (updatedAt <= estimate.updatedAt) return estimate;
  const moveWad = moveWadDown(estimate.answer, answer);
  const elapsed = updatedAt - estimate.updatedAt;
  const varianceWad = nextVarianceWadDown(estimate.varianceWad, moveWad, elapsed, halfLifeSeconds);
  return { answer, updatedAt, varianceWad };
}

/** The root of a variance, times 1e18, rounded down. */
export function volatilityWadDown(varianceWad: bigint): bigint {
  return rootDown(varianceWad * WAD);
}

/** `clamp(slope * max(0, volatility - reference), 0, cap)`, times 1e18, rounded down. */
export function tighteningWadDown(volatilityWad: bigint, terms: TighteningTerms): bigint {
  if (volatilityWad <= terms.referenceWad) return 0n;
  const tighteningWad = mulDivDown(volatilityWad - terms.referenceWad, terms.slopeBps, BPS);
  return least(tighteningWad, mulDivDown(terms.capBps, WAD, BPS));
}

/** `weight / (1 + tightening)` of both, rounded down. */
export function tightenedDown(base: Weights, tighteningWad: bigint): Weights {
  return {
    initialBps: mulDivDown(base.initialBps, WAD, WAD + tighteningWad),
    maintenanceBps: mulDivDown(base.maintenanceBps, WAD, WAD + tighteningWad),
  };
}

/**
 * Where a poke takes weights that go towards `target`.
 * @param can `lower`: the maintenance weight has not been lowered for an hour; `loosen`: the target is that of all
 * rounds.
 */
export function nextWeights(
  current: Weights,
  target: Weights,
  can: { readonly lower: boolean; readonly loosen: boolean },
): Weights {
  let { initialBps, maintenanceBps } = current;
  if (can.loosen || target.initialBps < initialBps) initialBps = target.initialBps;
  if (target.maintenanceBps > maintenanceBps) {
    if (can.loosen) maintenanceBps = target.maintenanceBps;
  } else if (can.lower) {
    const isFar = maintenanceBps > target.maintenanceBps + MAX_STEP_BPS;
    maintenanceBps = isFar ? maintenanceBps - MAX_STEP_BPS : target.maintenanceBps;
  }
  return {
    initialBps: least(initialBps, mulDivDown(maintenanceBps, WAD, CURE_LEVEL_WAD)),
    maintenanceBps,
  };
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

/** Newton's method from above, which ends at the root rounded down. */
function rootDown(square: bigint): bigint {
  if (square === 0n) return 0n;
  let root = 1n << BigInt(Math.ceil(square.toString(2).length / 2));
  for (;;) {
    const next = (root + square / root) / 2n;
    if (next >= root) return root;
    root = next;
  }
}
