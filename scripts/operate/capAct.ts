import { collateralIn, integerIn, type Act } from "./act.ts";
import { replaced } from "./weightAct.ts";

const MOST = 2n ** 128n - 1n;

/** An act that sets the cap of a collateral, in its base units. */
export function capAct(name: string, words: string): Act {
  return {
    name,
    words,
    on: "configurator",
    signature: `${name}(address,address,uint128)`,
    parameters: ["collateral", "baseUnits"],
    argumentsOf([collateral, cap], context) {
      const { address } = collateralIn(context, collateral);
      return [context.deployment.vault, address, integerIn(cap, "the cap in base units", MOST)];
    },
    after(moment, [collateral, cap], context) {
      const { number } = collateralIn(context, collateral);
      const change = { cap: integerIn(cap, "the cap in base units", MOST) };
      return { ...moment, collaterals: replaced(moment.collaterals, number, change) };
    },
  };
}
