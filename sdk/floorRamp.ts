import { BPS, mulDivDown, mulDivUp } from "./fixedPoint.ts";

/** A liquidation weight is lowered at most once in so long. */
export const FLOOR_STEP_SECONDS = 86_400n;
/** By at most so much of itself. */
const FLOOR_STEP_BPS = 50n;
/** The maintenance weight stays so far below it: the narrowest call band. */
const BAND_RATIO_BPS = 10_400n;

/**
 * Where a poke takes a liquidation weight that is to be `ownBps`, in a day in which it has not been lowered yet.
 * @param maintenanceBps The maintenance weight after the poke.
 */
export function nextFloorBps(presentBps: bigint, ownBps: bigint, maintenanceBps: bigint): bigint {
  if (ownBps >= presentBps) return ownBps;
  const step = presentBps - mulDivDown(presentBps, FLOOR_STEP_BPS, BPS);
  const lowest = mulDivUp(maintenanceBps, BAND_RATIO_BPS, BPS);
  const next = [ownBps, lowest].reduce((most, each) => (each > most ? each : most), step);
  return next < presentBps ? next : presentBps;
}
