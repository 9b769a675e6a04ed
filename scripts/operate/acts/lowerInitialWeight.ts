import { weightAct } from "../weightAct.ts";

export const lowerInitialWeight = weightAct(
  "lowerInitialWeight",
  "initialBps",
  "the same, downwards and at once",
);
