import { addressIn, type Act } from "../act.ts";
import { pricedBy } from "../pricedBy.ts";

export const setOracle: Act = {
  name: "setOracle",
  words: "another oracle, whose prices are within 2 % of the present ones",
  on: "configurator",
  signature: "setOracle(address,address)",
  parameters: ["oracle"],
  argumentsOf([oracle], { deployment }) {
    return [deployment.vault, addressIn(oracle)];
  },
  after(moment, [oracle], context) {
    return pricedBy(moment, oracle, context);
  },
};
