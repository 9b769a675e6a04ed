import { WAD } from "./fixedPoint.ts";

/** A position of a collateral in an account: what it is worth, weighted or not, and its price's volatility. */
export interface VolatileWorth {
  /** Quote base units. */
  readonly worth: bigint;
  /** A year's, times 1e18. */
  readonly volatilityWad: bigint;
}

const YEAR_SECONDS = 31_557_600;
/** From here on the continued fraction is quick, and one minus the series would lose the tail. */
const SERIES_LIMIT = 3;
const FRACTION_TERMS = 60;

/**
 * How likely it is that an account's maintenance value falls below its debt at any time within `seconds`, from 0 to 1;
 * 1 where it is below already. Not exact to the last digit, and no more than a model: the value follows a geometric
 * Brownian motion without drift in price, in which moves of a whole year have the given volatility.
 *
 * With `x = ln(debt / value)`, `u = -s^2 / 2` and `v = s * sqrt(t)` it is
 * `N((x - u t) / v) + exp(2 u x / s^2) * N((x + u t) / v)`: the law of the running minimum of a Brownian motion with
 * drift, by the reflection principle and a change of measure (S. Shreve, Stochastic Calculus for Finance II, 7.2;
 * J. M. Harrison, Brownian Motion and Stochastic Flow Systems, 1.8). Here `exp(2 u x / s^2)` is `value / debt`.
 *
 * @param maintenanceValue Quote base units.
 * @param debt Quote base units; with the interest of that time, to be on the safe side.
 * @param volatilityWad A year's, times 1e18.
 */
export function callProbability(
  maintenanceValue: bigint,
  debt: bigint,
  volatilityWad: bigint,
  seconds: bigint,
): number {
  if (debt === 0n) return 0;
  if (maintenanceValue < debt) return 1;
  if (volatilityWad <= 0n || seconds <= 0n) return 0;
  // Beyond a billionfold nothing touches, and the ratio stays exact enough for a double.
  if (maintenanceValue / debt >= 1_000_000_000n) return 0;
  const ratio = Number((maintenanceValue * WAD) / debt) / 1e18;
  const deviation = (Number(volatilityWad) / 1e18) * Math.sqrt(Number(seconds) / YEAR_SECONDS);
  const distance = -Math.log(ratio);
  const drift = (-deviation * deviation) / 2;
  const touched =
    normalCdf((distance - drift) / deviation) + ratio * normalCdf((distance + drift) / deviation);
  return Math.min(1, Math.max(0, touched));
}

/**
 * The volatility of several collaterals together, times 1e18, as if all moved together: each counts by its worth. That
 * is the most it can be, and near the truth in a crash.
 */
export function jointVolatilityWad(positions: readonly VolatileWorth[]): bigint {
  const total = positions.reduce((sum, { worth }) => sum + worth, 0n);
  if (total === 0n) return 0n;
  return positions.reduce((sum, { worth, volatilityWad }) => sum + worth * volatilityWad, 0n) / total;
}

/** The standard normal distribution's lower tail. */
export function normalCdf(x: number): number {
  const z = Math.abs(x) / Math.SQRT2;
  const upper = z < SERIES_LIMIT ? (1 - erfBySeries(z)) / 2 : erfcByFraction(z) / 2;
  return x < 0 ? upper : 1 - upper;
}

/** `2 / sqrt(pi) * exp(-z^2) * sum of 2^n z^(2n+1) / (2n+1)!!`, whose terms have one sign. */
function erfBySeries(z: number): number {
  let term = z;
  let sum = z;
  for (let n = 1; term > sum * 1e-17; ++n) {
    term *= (2 * z * z) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-z * z) * sum;
}

/** Laplace's continued fraction, from its end. */
function erfcByFraction(z: number): number {
  let tail = z;
  for (let k = FRACTION_TERMS; k > 0; --k) tail = z + k / 2 / tail;
  return Math.exp(-z * z) / (Math.sqrt(Math.PI) * tail);
}
