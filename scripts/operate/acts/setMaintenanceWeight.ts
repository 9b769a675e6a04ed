import { weightAct } from "../weightAct.ts";

export const setMaintenanceWeight = weightAct(
  "setMaintenanceWeight",
  "maintenanceBps",
  "where accounts are called; a lower one by 25 bps an hour",
);
