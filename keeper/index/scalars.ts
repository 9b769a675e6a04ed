import type { VaultMoment } from "../../sdk/vaultTypes.ts";

/** What an account's collateral is measured by. Each measure of it is a sum of amounts times scalars. */
export const Measure = {
  /** Maintenance value, in debt shares. */
  Maintenance: 0,
  /** Liquidation value, in debt shares. */
  Liquidation: 1,
  /** Value, in debt shares. */
  Value: 2,
  /** Value, in quote base units. */
  Worth: 3,
} as const;
export type Measure = (typeof Measure)[keyof typeof Measure];

export const MEASURES = 4;
export const COLLATERALS = 16;

/** Where the scalar of a collateral for a measure is found. */
export function scalarAt(measure: number, number: number): number {
  return measure * COLLATERALS + number;
}

/**
 * Relative error allowed between a measure worked out in doubles and the same in real numbers. A scalar takes at most
 * five roundings, an amount three, a sum of sixteen products seventeen, a threshold four: in all below 30 * 2^-53,
 * which is 3.4e-15. Three hundred times as much costs nothing, since what is that near is asked exactly.
 */
export const RELATIVE_ROOM = 1e-12;

/** Base units that a debt share is worth at least, at the index a vault begins with: 1e24 / 1e27. */
const LEAST_SHARE_WORTH = 1e-3;

/**
 * Debt shares by which rounding can put a measure of `legs` collaterals under its real value, together with what it
 * puts the debt, times a level of at most 1.1, over its own: a base unit a collateral, one for the sum, `level` for the
 * debt. At the least index, so that it holds for every later one.
 */
export function roundingRoom(legs: number): number {
  return (legs + 2.2) / LEAST_SHARE_WORTH;
}

/**
 * Prices, weights and the debt index in one number a collateral and measure: `price36 * weight / index`. A move of any
 * of them is a move of this. In the measures by shares the debt of an account is its debt shares, which no time moves.
 */
export class Scalars {
  /** See `scalarAt`; not a number for a collateral that is not listed. */
  readonly now = new Float64Array(MEASURES * COLLATERALS).fill(NaN);
  /** Base units that a debt share is worth. */
  shareWorth = NaN;

  update({ collaterals, prices, debtIndex }: VaultMoment): void {
    const index = Number(debtIndex);
    this.shareWorth = index * 1e-27;
    for (let number = 0; number < COLLATERALS; ++number) {
      const terms = collaterals[number];
      const price = terms === undefined ? NaN : Number(prices.price36[number] ?? 0n);
      // Times 1e-36 for the price, 1e27 for the index, 1e-4 for a weight.
      const perShare = (price / index) * 1e-9;
      this.now[scalarAt(Measure.Maintenance, number)] = perShare * Number(terms?.maintenanceBps) * 1e-4;
      this.now[scalarAt(Measure.Liquidation, number)] = perShare * Number(terms?.liquidationBps) * 1e-4;
      this.now[scalarAt(Measure.Value, number)] = perShare;
      this.now[scalarAt(Measure.Worth, number)] = price * 1e-36;
    }
  }
}
