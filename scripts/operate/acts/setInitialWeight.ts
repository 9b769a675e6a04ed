import { weightAct } from "../weightAct.ts";

export const setInitialWeight = weightAct(
  "setInitialWeight",
  "initialBps",
  "what may be borrowed against it",
);
