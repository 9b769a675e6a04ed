import type { AaveName } from "./aave.ts";
import type { MorphoName } from "./morpho.ts";

/** What Morpho Blue's operations cost with the curve in use instead of the mock: a rate kept, raised and logged. */
const ADAPTIVE_CURVE = 9_095;

/**
 * What was measured of the peers before this bench was written. The view of a health is left out for Morpho: it was
 * measured with the curve in use, and what that costs a view is not known apart.
 */
const KNOWN_MORPHO: Readonly<Record<Exclude<MorphoName, "health1">, number>> = {
  depositFirst: 71_259,
  depositNext: 54_159,
  supplyNext: 87_306 - ADAPTIVE_CURVE,
  borrowNext1: 93_050 - ADAPTIVE_CURVE,
  repayPart: 87_269 - ADAPTIVE_CURVE,
  withdrawWithDebt1: 90_406 - ADAPTIVE_CURVE,
  liquidate1: 114_052 - ADAPTIVE_CURVE,
};

const KNOWN_AAVE: Readonly<Record<AaveName, number>> = {
  depositFirst: 177_925,
  depositNext: 136_040,
  supplyNext: 136_052,
  borrowNext1: 204_070,
  borrowNext2: 232_956,
  borrowNext5: 321_513,
  repayPart: 142_181,
  withdrawWithDebt1: 192_465,
  withdrawWithDebt5: 310_515,
  liquidate1: 278_926,
  liquidate5: 397_031,
  health1: 89_918,
  health2: 119_429,
  health5: 207_965,
};

const TOLERANCE = 0.02;

/** One sentence for each row of a peer that is not what it is known to cost, within 2 per cent; then nothing counts. */
export function strangePeers(peers: {
  readonly morpho: Readonly<Partial<Record<string, number>>>;
  readonly aave: Readonly<Partial<Record<string, number>>>;
}): string[] {
  return [
    ...strangeRows("Morpho", peers.morpho, KNOWN_MORPHO),
    ...strangeRows("Aave", peers.aave, KNOWN_AAVE),
  ];
}

function strangeRows(
  peer: string,
  rows: Readonly<Partial<Record<string, number>>>,
  known: Readonly<Record<string, number>>,
): string[] {
  return Object.entries(known).flatMap(([name, gas]) => {
    const measured = rows[name];
    if (measured === undefined) return [`${peer}'s ${name} was not measured`];
    if (Math.abs(measured - gas) <= gas * TOLERANCE) return [];
    return [`${peer}'s ${name} is ${measured}, known as ${gas}`];
  });
}
