import type { CollateralTerms } from "../../sdk/vaultTypes.ts";
import { collateralIn, integerIn, type Act } from "./act.ts";

const ALL_BPS = 10_000n;
type Weight = "initialBps" | "maintenanceBps" | "liquidationBps";

/** An act that sets one weight of a collateral. */
export function weightAct(name: string, weight: Weight, words: string): Act {
  return {
    name,
    words,
    on: "configurator",
    signature: `${name}(address,address,uint16)`,
    parameters: ["collateral", "bps"],
    argumentsOf([collateral, bps], context) {
      const { address } = collateralIn(context, collateral);
      return [context.deployment.vault, address, integerIn(bps, "the weight in bps", ALL_BPS)];
    },
    after(moment, [collateral, bps], context) {
      const { number } = collateralIn(context, collateral);
      const change = { [weight]: integerIn(bps, "the weight in bps", ALL_BPS) };
      return { ...moment, collaterals: replaced(moment.collaterals, number, change) };
    },
  };
}

/** The collaterals with some terms of one of them changed. */
export function replaced(
  collaterals: readonly CollateralTerms[],
  number: number,
  change: Partial<CollateralTerms>,
): CollateralTerms[] {
  return collaterals.map((terms, each) => (each === number ? { ...terms, ...change } : terms));
}
