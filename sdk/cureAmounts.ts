import { cureBySaleUp, cureDepositUp, cureRepayUp, shortfallUp } from "./healthMath.ts";
import { numbersIn, valuationOf } from "./valuation.ts";
import type { AccountState, VaultMoment } from "./vaultTypes.ts";

/** What one collateral has to do to cure. */
export interface CollateralCure {
  readonly number: number;
  readonly asset: string;
  /** Depositing this many base units cures, rounded up; the largest uint256 where no amount does. */
  readonly deposit: bigint;
}

/** What closes a call, in each form that is accepted, at the cure level: the mirror of `previewCure`. */
export interface CureAmounts {
  /** The maintenance value missing, quote base units, rounded up. */
  readonly shortfall: bigint;
  /** Repaying this much cures, quote base units, rounded up, at most the debt. */
  readonly repay: bigint;
  readonly collaterals: readonly CollateralCure[];
}

/** What cures `account` now; undefined where the contract reverts, without prices. */
export function cureAmounts(account: AccountState, moment: VaultMoment): CureAmounts | undefined {
  const { collaterals, prices, debtIndex } = moment;
  if (!prices.available) return undefined;
  const v = valuationOf(account, collaterals, prices, debtIndex);
  const shortfall = shortfallUp(v);
  const perCollateral = numbersIn(account.collateralSet).map((number): CollateralCure => {
    const terms = collaterals[number];
    if (terms === undefined) throw new RangeError(`no terms of collateral ${number}`);
    const price36 = prices.price36[number] ?? 0n;
    const deposit = cureDepositUp(shortfall, terms.maintenanceBps, price36);
    return { number, asset: terms.asset, deposit };
  });
  return { shortfall, repay: cureRepayUp(shortfall, v.debt), collaterals: perCollateral };
}

/**
 * What has to be repaid out of selling collateral `number` at `slippageWad` under its price, quote base units, rounded
 * up: `S / (K - m_j / (1 - s))`; the largest uint256 when no sale of it can cure, undefined without prices.
 */
export function cureBySale(
  account: AccountState,
  moment: VaultMoment,
  number: number,
  slippageWad: bigint,
): bigint | undefined {
  const { collaterals, prices, debtIndex } = moment;
  if (!prices.available) return undefined;
  const terms = collaterals[number];
  if (terms === undefined) throw new RangeError(`no terms of collateral ${number}`);
  const v = valuationOf(account, collaterals, prices, debtIndex);
  return cureBySaleUp(shortfallUp(v), terms.maintenanceBps, slippageWad);
}
