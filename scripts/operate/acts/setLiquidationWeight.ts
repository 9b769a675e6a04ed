import { weightAct } from "../weightAct.ts";

export const setLiquidationWeight = weightAct(
  "setLiquidationWeight",
  "liquidationBps",
  "the floor; a lower one by half a per cent of itself a day",
);
