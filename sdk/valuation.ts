import { toDebtUp } from "./debtMath.ts";
import { BPS } from "./fixedPoint.ts";
import { PRICE_LIMIT36, valueDown, type Valuation } from "./healthMath.ts";
import type { AccountState, CollateralTerms, Prices } from "./vaultTypes.ts";

/** The numbers whose bits are set, lowest first. */
export function numbersIn(set: number): number[] {
  const numbers: number[] = [];
  for (let number = 0; set >> number !== 0; ++number) if (((set >> number) & 1) === 1) numbers.push(number);
  return numbers;
}

/** What a vault makes of an oracle that gives no answer. */
export const NO_PRICES: Prices = { available: false, freshSet: 0, price36: [] };

/**
 * What a vault makes of its oracle's answer to `prices(assetSet)`: prices by number, those beyond the limit as zero,
 * and unavailable when there are fewer than asked for.
 */
export function pricesFrom(assetSet: number, prices36: readonly bigint[], freshSet: bigint | number): Prices {
  const numbers = numbersIn(assetSet);
  const price36 = new Array<bigint>(16).fill(0n);
  for (const [next, number] of numbers.entries()) {
    const price = prices36[next] ?? 0n;
    if (price < PRICE_LIMIT36) price36[number] = price;
  }
  const fresh = typeof freshSet === "bigint" ? Number(freshSet & 0xffff_ffffn) : freshSet;
  return { available: prices36.length >= numbers.length, freshSet: fresh, price36 };
}

/** The worth of `account`. A stale price counts at its last answer, and as zero in the initial value. */
export function valuationOf(
  account: AccountState,
  terms: readonly CollateralTerms[],
  prices: Prices,
  debtIndex: bigint,
): Valuation {
  let value = 0n;
  let initial = 0n;
  let maintenance = 0n;
  let liquidation = 0n;
  for (const number of numbersIn(account.collateralSet)) {
    const weights = terms[number];
    if (weights === undefined) throw new RangeError(`no terms of collateral ${number}`);
    const worth = valueDown(account.collateral[number] ?? 0n, prices.price36[number] ?? 0n);
    value += worth;
    maintenance += worth * weights.maintenanceBps;
    liquidation += worth * weights.liquidationBps;
    if (((prices.freshSet >> number) & 1) === 1) initial += worth * weights.initialBps;
  }
  // The weighted sums are divided once, as in the contract, so that rounding costs at most one base unit in all.
  return {
    value,
    initialValue: initial / BPS,
    maintenanceValue: maintenance / BPS,
    liquidationValue: liquidation / BPS,
    debt: toDebtUp(account.debtShares, debtIndex),
  };
}
