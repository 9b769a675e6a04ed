import { collateralIn, integerIn, type Act } from "../act.ts";

const MOST = 2n ** 96n - 1n;

export const setBrake: Act = {
  name: "setBrake",
  words: "how much of a collateral may be sold above the floor, at once and an hour, in quote base units",
  on: "configurator",
  signature: "setBrake(address,address,(uint96,uint96))",
  parameters: ["collateral", "burst", "perHour"],
  argumentsOf([collateral, burst, perHour], context) {
    const { address } = collateralIn(context, collateral);
    const terms = [integerIn(burst, "the burst", MOST), integerIn(perHour, "what is sold an hour", MOST)];
    return [context.deployment.vault, address, terms];
  },
};
