import { BPS, mulDivDown, mulDivUp, WAD } from "../../sdk/fixedPoint.ts";
import { valueDown, WARNING_LEVEL_WAD } from "../../sdk/healthMath.ts";
import { numbersIn } from "../../sdk/valuation.ts";
import type { AccountState, VaultMoment } from "../../sdk/vaultTypes.ts";

/** A threshold that a price may cross. */
export type Trigger = "warning" | "call" | "floor";

/** The price of one collateral at which an account crosses a threshold, all others as they are. */
export interface TriggerPrice {
  readonly number: number;
  readonly trigger: Trigger;
  /** Quote base units for a base unit, times 1e36; undefined when no price of this collateral alone is enough. */
  readonly price36: bigint | undefined;
  /** What that is above or below the present price, bps; undefined likewise. */
  readonly changeBps: bigint | undefined;
}

const LEVELS: readonly (readonly [Trigger, "maintenanceBps" | "liquidationBps", bigint])[] = [
  ["warning", "maintenanceBps", WARNING_LEVEL_WAD],
  ["call", "maintenanceBps", WAD],
  ["floor", "liquidationBps", WAD],
];

/** For each collateral that has a price, as exact as a price is fine: the least at which the account is still above. */
export function triggerPrices(
  account: AccountState,
  debt: bigint,
  moment: VaultMoment,
): readonly TriggerPrice[] {
  const { collaterals, prices } = moment;
  const weighted = (number: number, weight: "maintenanceBps" | "liquidationBps") => {
    const value = valueDown(account.collateral[number] ?? 0n, prices.price36[number] ?? 0n);
    return mulDivDown(value, collaterals[number]?.[weight] ?? 0n, BPS);
  };
  const held = numbersIn(account.collateralSet);
  return held.flatMap((number) =>
    LEVELS.map(([trigger, weight, levelWad]): TriggerPrice => {
      const price = prices.price36[number] ?? 0n;
      const own = weighted(number, weight);
      const others = held
        .filter((other) => other !== number)
        .reduce((sum, other) => sum + weighted(other, weight), 0n);
      const needed = mulDivUp(debt, levelWad, WAD) - others;
      if (needed <= 0n || own === 0n) return { number, trigger, price36: undefined, changeBps: undefined };
      return {
        number,
        trigger,
        price36: mulDivUp(price, needed, own),
        changeBps: ((needed - own) * BPS) / own,
      };
    }),
  );
}
