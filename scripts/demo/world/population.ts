import type { Positions } from "../prices/positions.ts";
import { normal, randomOf, type Random } from "./random.ts";
import { COLLATERALS, RISK_TERMS } from "./terms.ts";

type Shares = readonly [number, number, number];

/** A loan to be opened: what it owes, how healthy it is at the first round, and what it holds. */
export interface AccountPlan {
  /** Quote base units. */
  readonly debt: bigint;
  readonly healthWad: bigint;
  /** Shares of the collateral's value in bps by the collateral's number; they add up to 10,000. */
  readonly sharesBps: Shares;
}

/**
 * Interest between the loan and the first round, some minutes, must not carry a health factor from 1.02 to below it.
 */
const LEAST_HEALTH = 1.0203;

/**
 * Health factors of the 459 borrowers of `positions_euler_v1_2022-10-30.csv` above 1.02, as quantiles, but with three
 * times their share below 1.1: 300 accounts have to show what happens there.
 */
const HEALTH_QUANTILES = [
  [0, LEAST_HEALTH],
  [0.22, 1.045],
  [0.34, 1.09],
  [0.45, 1.16],
  [0.55, 1.25],
  [0.68, 1.45],
  [0.8, 1.8],
  [0.9, 2.3],
  [1, 3],
] as const;

/** Quote tokens: half of the debts lie below, and none below or above these. */
const MEDIAN_DEBT = 30_000;
const LEAST_DEBT = 2_500;
const MOST_DEBT = 1_500_000;
const DEBT_SPREAD = 1.3;

/** Of ten neighbours in health, so many hold the first collateral, the second, both, and the calm one beside a volatile. */
const KINDS = [
  "first",
  "first",
  "first",
  "second",
  "second",
  "both",
  "both",
  "both",
  "both",
  "calm",
] as const;
type Kind = (typeof KINDS)[number];

/** A real position's smallest debt becomes this many times the minimum debt. */
const LEAST_SCALED_DEBTS = 3n;
const WAD = 10n ** 18n;
const QUOTE_UNIT = 10n ** 6n;

/** Accounts drawn by seed. */
export function drawPopulation(count: number, seed: number): AccountPlan[] {
  const random = randomOf(seed, "population");
  // One health factor from each of `count` equal slices, so that every seed has its share of accounts near the edge.
  const healths = Array.from({ length: count }, (_, i) => healthAt((i + random.next()) / count));
  const kinds = kindsFor(count, random);
  const plans = healths.map((health, i) => ({
    debt: drawDebt(random),
    healthWad: (BigInt(Math.round(health * 1e9)) * WAD) / 10n ** 9n,
    sharesBps: sharesOf(kinds[i] ?? "first", random),
  }));
  return random.shuffled(plans);
}

/** Accounts with the debts and health factors of real positions; debts are scaled, collaterals drawn by seed. */
export function populationOf({ positions }: Positions, seed: number): AccountPlan[] {
  const random = randomOf(seed, "collaterals");
  const least = positions.reduce((low, { debtUsd8 }) => (debtUsd8 < low ? debtUsd8 : low), 10n ** 20n);
  const wanted = RISK_TERMS.minimumDebt * LEAST_SCALED_DEBTS * 100n;
  const scale = least >= wanted ? 1n : (wanted + least - 1n) / least;
  const kinds = kindsFor(positions.length, random);
  return positions.map(({ debtUsd8, healthWad }, i) => ({
    debt: (debtUsd8 * scale) / 100n,
    healthWad,
    sharesBps: sharesOf(kinds[i] ?? "first", random),
  }));
}

/** What an account must hold so that its health factor is as planned, base units by the collateral's number. */
export function holdingsOf(plan: AccountPlan, prices36: readonly bigint[]): bigint[] {
  const weightedBps = COLLATERALS.reduce(
    (sum, { maintenanceBps }, j) => sum + BigInt(maintenanceBps * (plan.sharesBps[j] ?? 0)),
    0n,
  );
  const value = (plan.healthWad * plan.debt * 10n ** 8n) / (WAD * weightedBps);
  return COLLATERALS.map((_, j) => {
    const share = BigInt(plan.sharesBps[j] ?? 0);
    const price36 = prices36[j] ?? 0n;
    // One base unit more than rounded down: never less healthy than planned.
    return share === 0n ? 0n : (value * share * 10n ** 36n) / (10n ** 4n * price36) + 1n;
  });
}

function healthAt(quantile: number): number {
  const above = HEALTH_QUANTILES.findIndex(([q]) => q > quantile);
  const [q0, low] = HEALTH_QUANTILES[above - 1] ?? [0, LEAST_HEALTH];
  const [q1, high] = HEALTH_QUANTILES[above] ?? [1, 3];
  return low + ((high - low) * (quantile - q0)) / (q1 - q0);
}

function drawDebt(random: Random): bigint {
  const drawn = MEDIAN_DEBT * Math.exp(DEBT_SPREAD * normal(random));
  return BigInt(Math.round(Math.min(Math.max(drawn, LEAST_DEBT), MOST_DEBT))) * QUOTE_UNIT;
}

function kindsFor(count: number, random: Random): Kind[] {
  const decks = Array.from({ length: Math.ceil(count / KINDS.length) }, () => random.shuffled(KINDS));
  return decks.flat();
}

/** Who holds both has a main collateral and, mostly, a little of the other beside it. */
function sharesOf(kind: Kind, random: Random): Shares {
  if (kind === "first") return [10_000, 0, 0];
  if (kind === "second") return [0, 10_000, 0];
  if (kind === "calm") {
    const volatile = random.between(1_000, 7_000);
    return random.next() < 0.5 ? [volatile, 0, 10_000 - volatile] : [0, volatile, 10_000 - volatile];
  }
  const side = random.next() < 0.7 ? random.between(60, 300) : random.between(1_000, 5_000);
  return random.next() < 0.35 ? [10_000 - side, side, 0] : [side, 10_000 - side, 0];
}
