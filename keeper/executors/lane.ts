import type { Duty } from "../policy/action.ts";

/** Ways to the chain that do not wait for each other: each may have a key of its own, with nonces of its own. */
export const LANES = ["urgent", "normal", "housekeeping"] as const;
export type Lane = (typeof LANES)[number];

const LANE_OF: Readonly<Record<Duty, Lane>> = {
  // Only liquidations pay, so only this lane's key holds quote tokens and gives an allowance.
  approve: "urgent",
  liquidateCritical: "urgent",
  liquidateProfitable: "urgent",
  reopenCall: "normal",
  openCall: "normal",
  closeCall: "normal",
  bookLoss: "normal",
  record: "housekeeping",
  bookFee: "housekeeping",
  poke: "housekeeping",
};

export function laneOf(duty: Duty): Lane {
  return LANE_OF[duty];
}

/** Whether others gain by seeing it before it is mined: nobody competes for a call. */
export function isContested(duty: Duty): boolean {
  return duty === "liquidateCritical" || duty === "liquidateProfitable";
}
