import { BPS, MAX_UINT256, mulDivDown, mulDivUp, PRICE_SCALE, WAD } from "./fixedPoint.ts";

/** What an account is worth and owes, quote base units. Values are rounded down, debt is rounded up. */
export interface Valuation {
  readonly value: bigint;
  readonly initialValue: bigint;
  readonly maintenanceValue: bigint;
  readonly liquidationValue: bigint;
  readonly debt: bigint;
}

/** Amounts that cure are quoted at this health factor, `K`. */
export const CURE_LEVEL_WAD = 1_020_000_000_000_000_000n;
/** An open call closes before its deadline at this health factor, `K_close`. */
export const CLOSE_LEVEL_WAD = 1_010_000_000_000_000_000n;
/** Below this health factor a trader is warned. */
export const WARNING_LEVEL_WAD = 1_100_000_000_000_000_000n;
/** Prices from here on are not prices. */
export const PRICE_LIMIT36 = 1n << 184n;

const MAX_DEPOSIT = 2n ** 128n - 1n;

/** The value of `amount` at `price36`, quote base units, rounded down. */
export function valueDown(amount: bigint, price36: bigint): bigint {
  return mulDivDown(amount, price36, PRICE_SCALE);
}

/** The value of `amount` at `price36`, quote base units, rounded up. */
export function valueUp(amount: bigint, price36: bigint): bigint {
  return mulDivUp(amount, price36, PRICE_SCALE);
}

/** Whether the health factor is at least `levelWad`. */
export function isAtLeast(v: Valuation, levelWad: bigint): boolean {
  return v.maintenanceValue * WAD >= v.debt * levelWad;
}

/** Whether the floor health is at least 1. */
export function isAboveFloor(v: Valuation): boolean {
  return v.liquidationValue >= v.debt;
}

/** `weighted / debt` times 1e18, rounded down; the largest uint256 without debt. */
export function ratioWadDown(weighted: bigint, debt: bigint): bigint {
  return debt === 0n ? MAX_UINT256 : mulDivDown(weighted, WAD, debt);
}

/** `S = K * D - A_m`, the maintenance value missing to the cure level, rounded up; zero at or above it. */
export function shortfallUp(v: Valuation): bigint {
  const required = mulDivUp(v.debt, CURE_LEVEL_WAD, WAD);
  return required > v.maintenanceValue ? required - v.maintenanceValue : 0n;
}

/** What to repay to cure, `S / K`, rounded up; never more than the debt. */
export function cureRepayUp(shortfall: bigint, debt: bigint): bigint {
  const amount = mulDivUp(shortfall, WAD, CURE_LEVEL_WAD);
  return amount < debt ? amount : debt;
}

/**
 * What to deposit of a collateral to cure, `S / m_j` of its value, in its base units, rounded up; the largest uint256
 * when it counts for nothing or no amount would fit.
 */
export function cureDepositUp(shortfall: bigint, maintenanceBps: bigint, price36: bigint): bigint {
  if (shortfall === 0n) return 0n;
  if (maintenanceBps === 0n || price36 === 0n) return MAX_UINT256;
  const value = mulDivUp(shortfall, BPS, maintenanceBps);
  const amount = mulDivUp(value, PRICE_SCALE, price36);
  return amount > MAX_DEPOSIT ? MAX_UINT256 : amount;
}

/**
 * What has to be repaid to cure when it is raised by selling a collateral at `discountWad` under its price:
 * `S / (K - m_j / (1 - d))`, rounded up; the largest uint256 when no sale of it can cure.
 */
export function cureBySaleUp(shortfall: bigint, maintenanceBps: bigint, discountWad: bigint): bigint {
  const lostWad = mulDivUp(maintenanceBps * WAD, WAD, BPS * (WAD - discountWad));
  if (lostWad >= CURE_LEVEL_WAD) return MAX_UINT256;
  return mulDivUp(shortfall, WAD, CURE_LEVEL_WAD - lostWad);
}
