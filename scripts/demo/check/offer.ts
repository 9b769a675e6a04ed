/*
 * What liquidating an account is worth to a taker, by the design page's formulas and by no one else's code. Used to say
 * whether a keeper should have acted, so it may be a base unit off where the vault rounds otherwise.
 */
import { WAD, type CheckPrice, type CheckTerms, type Standing } from "./arithmetic.ts";
import type { AccountFacts, VaultFacts } from "./facts.ts";

const BPS = 10n ** 4n;
const CURE_LEVEL_BPS = 10_200n;
const MAX_TRANCHE_BPS = 2_000n;
const FIRST_DISCOUNT_WAD = WAD / 400n;
const LEAST_CRITICAL_DISCOUNT_WAD = WAD / 50n;

/** Gas of a transaction that liquidates one account, measured with the contracts' development build. */
export const LIQUIDATION_GAS = 220_000n;

/** Whether the discount on offer is worth more than 1.5 times what the liquidation's gas costs in this block. */
export function isProfitable(
  account: AccountFacts,
  standing: Standing,
  vault: VaultFacts,
  prices: readonly CheckPrice[],
  terms: CheckTerms,
): boolean {
  const nativePrice36 = prices[0]?.price36 ?? 0n;
  const gasCost = (LIQUIDATION_GAS * vault.baseFeeWei * nativePrice36) / 10n ** 36n;
  return 2n * discountWorth(account, standing, vault.uptime, prices, terms) > 3n * gasCost;
}

/** What the best take allowed now is worth beyond what it repays, quote base units; zero when none is allowed. */
export function discountWorth(
  account: AccountFacts,
  standing: Standing,
  uptime: bigint,
  prices: readonly CheckPrice[],
  terms: CheckTerms,
): bigint {
  const belowFloor = standing.status === "Critical" || standing.status === "Insolvent";
  if (!belowFloor && standing.status !== "Expired") return 0n;
  const lots = lotsOf(account, prices, terms);
  const allowed = belowFloor ? lots : allowedInAuction(lots, account, uptime, terms);
  return allowed.reduce((best, lot) => {
    const discountWad = discountOf(account, standing, lot.maxDiscountBps, uptime, terms);
    const repaid = repaidBy(standing, lot, discountWad, terms.minimumDebt);
    const worth = (repaid * discountWad) / (WAD - discountWad);
    return worth > best ? worth : best;
  }, 0n);
}

interface Lot {
  readonly value: bigint;
  readonly maintenanceBps: bigint;
  readonly liquidationBps: bigint;
  readonly maxDiscountBps: bigint;
}

function lotsOf(account: AccountFacts, prices: readonly CheckPrice[], terms: CheckTerms): Lot[] {
  return terms.collaterals.flatMap((collateral, j) => {
    const price = prices[j];
    const amount = account.amounts[j] ?? 0n;
    if (price?.fresh !== true || amount === 0n) return [];
    const { maintenanceBps, liquidationBps, maxDiscountBps } = collateral;
    return [{ value: (amount * price.price36) / 10n ** 36n, maintenanceBps, liquidationBps, maxDiscountBps }];
  });
}

/** Rule 8: in the first half only the lowest maintenance weight among what is worth more than dust. */
function allowedInAuction(
  lots: readonly Lot[],
  account: AccountFacts,
  uptime: bigint,
  terms: CheckTerms,
): readonly Lot[] {
  if (2n * (uptime - account.auctionStart) >= terms.auctionSeconds) return lots;
  const counting = lots.filter(({ value }) => value > terms.dustValue);
  if (counting.length === 0) return lots;
  const lowest = counting.reduce(
    (low, { maintenanceBps }) => (maintenanceBps < low ? maintenanceBps : low),
    BPS,
  );
  return counting.filter(({ maintenanceBps }) => maintenanceBps === lowest);
}

function discountOf(
  account: AccountFacts,
  standing: Standing,
  maxDiscountBps: bigint,
  uptime: bigint,
  terms: CheckTerms,
): bigint {
  const deepest = (maxDiscountBps * WAD) / BPS;
  const running = runningDiscount(account, deepest, uptime, terms);
  if (standing.status === "Expired") return running;
  const { value, liquidationValue, debt } = standing;
  const depth = LEAST_CRITICAL_DISCOUNT_WAD + (2n * (debt - liquidationValue) * WAD) / debt;
  const equity = value > debt ? ((value - debt) * WAD) / value : 0n;
  return min(deepest, max(depth, running), max(LEAST_CRITICAL_DISCOUNT_WAD, equity));
}

function runningDiscount(
  account: AccountFacts,
  deepest: bigint,
  uptime: bigint,
  { auctionSeconds, rampSeconds }: CheckTerms,
): bigint {
  const elapsed = uptime - account.auctionStart;
  if (account.deadline === 0n || uptime < account.deadline || elapsed >= auctionSeconds) return 0n;
  if (elapsed >= rampSeconds) return deepest;
  return FIRST_DISCOUNT_WAD + ((deepest - FIRST_DISCOUNT_WAD) * elapsed) / rampSeconds;
}

/** The debt that the largest take of a lot repays. */
function repaidBy(standing: Standing, lot: Lot, discountWad: bigint, minimumDebt: bigint): bigint {
  const { debt, liquidationValue, maintenanceValue } = standing;
  const left = WAD - discountWad;
  const reach = (lot.value * left) / WAD;
  const shortfall = (debt * CURE_LEVEL_BPS) / BPS - maintenanceValue;
  const slopeWad = (CURE_LEVEL_BPS * WAD) / BPS - (lot.maintenanceBps * WAD * WAD) / (BPS * left);
  let tranche = slopeWad > 0n ? (shortfall * WAD) / slopeWad : debt;
  if (liquidationValue >= debt) {
    tranche = max(min(tranche, (debt * MAX_TRANCHE_BPS) / BPS), minimumDebt);
  } else if (lot.liquidationBps * WAD * debt >= BPS * left * liquidationValue) {
    tranche = debt;
  }
  if (tranche >= debt || debt - tranche < minimumDebt) tranche = debt;
  return min(tranche, reach);
}

function min(...amounts: readonly bigint[]): bigint {
  return amounts.reduce((least, amount) => (amount < least ? amount : least));
}

function max(...amounts: readonly bigint[]): bigint {
  return amounts.reduce((most, amount) => (amount > most ? amount : most));
}
