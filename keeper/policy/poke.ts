import type { CollateralTerms } from "../../sdk/vaultTypes.ts";
import { POKED_ROUNDS, type Weights } from "../../sdk/volatility.ts";
import type { PokeAction } from "./action.ts";
import { costPerAccount } from "./gasCost.ts";
import type { PolicySettings, Snapshot } from "./snapshot.ts";

/** The three weights of a collateral, bps. */
export interface AllWeights extends Weights {
  readonly liquidationBps: bigint;
}

/** What a poke of one collateral's weights would do. */
export interface PokeView {
  /** The collateral's, in the vault. */
  readonly number: number;
  /** What the vault's weights would be after it. */
  readonly after: AllWeights;
  /** Where their ramps go. */
  readonly own: AllWeights;
  /** Rounds of the feed that the gauge has not read; infinite when the feed has begun a new phase. */
  readonly roundsBehind: number;
  /** The same was done a short while ago, and changed nothing. */
  readonly isVain: boolean;
}

/**
 * A weight that moves by less is not worth a transaction: an account's call would come a tenth of a per cent sooner, a
 * fifth of the least move that a feed reports.
 */
export const LEAST_MOVE_BPS = 10n;
/** What a poke takes beside the rounds it reads. The gauge stops where less than 300,000 are left. */
const POKE_GAS = 700_000n;
/** Of reading a round and its place in the estimate: five times what it takes without an aggregator and its proxy. */
const ROUND_GAS = 50_000n;

/** The poke that is worth sending at this block, if one is. Pure. */
export function pokeFor(snapshot: Snapshot, settings: PolicySettings): PokeAction | undefined {
  const { poke, busyDuties, vault, opinions, gas } = snapshot;
  const terms = poke && vault.collaterals[poke.number];
  if (poke === undefined || terms === undefined || poke.isVain || busyDuties.has("poke")) return undefined;
  // A price that somebody contradicts says nothing of how much it moves.
  if (opinions[poke.number] === "contradicts") return undefined;
  const why = whyPoke(poke, terms, settings);
  const cost = costPerAccount(gas, "poke");
  if (why === undefined || cost === undefined) return undefined;
  if (cost > (why.isPressing ? settings.pokeMaxCost : settings.housekeepingMaxCost)) return undefined;
  const gasLimit = gasLimitFor(poke.roundsBehind, settings.maxGasPerTransaction);
  return { duty: "poke", asset: terms.asset, gasLimit, stake: 0n, ...why };
}

function whyPoke(
  { after, own, roundsBehind }: PokeView,
  { initialBps, maintenanceBps, liquidationBps }: CollateralTerms,
  { pokeAfterRounds }: PolicySettings,
): Pick<PokeAction, "reason" | "isPressing"> | undefined {
  const floorMove = after.liquidationBps - liquidationBps;
  const moves = [after.initialBps - initialBps, after.maintenanceBps - maintenanceBps, floorMove];
  if (moves.some((move) => move <= -LEAST_MOVE_BPS)) return { reason: "weights tighten", isPressing: true };
  // What it would do once it has read the rest is not known.
  if (roundsBehind > POKED_ROUNDS) return { reason: "the gauge is far behind", isPressing: true };
  if (moves.some((move) => move >= LEAST_MOVE_BPS)) return { reason: "weights loosen", isPressing: false };
  // The last step of a ramp may be a small one, and so are all of a small liquidation weight, one a day.
  const arrives = after.initialBps === own.initialBps && after.maintenanceBps === own.maintenanceBps;
  const isLastStep = arrives && moves.some((move) => move < 0n);
  if (isLastStep || floorMove < 0n) return { reason: "a ramp goes on", isPressing: false };
  if (roundsBehind >= pokeAfterRounds) return { reason: "the gauge is behind", isPressing: false };
  return undefined;
}

/** One more round may come before it is mined; a new phase takes as many as a poke reads. */
function gasLimitFor(roundsBehind: number, maximum: number): bigint {
  const rounds = Math.min(roundsBehind + 1, POKED_ROUNDS);
  const wanted = POKE_GAS + ROUND_GAS * BigInt(rounds);
  return wanted < BigInt(maximum) ? wanted : BigInt(maximum);
}
