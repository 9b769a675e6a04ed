import type { AccountId } from "../../sdk/accountId.ts";
import { assess, freeOf, momentOf } from "./assess.ts";
import { leastProfitOf, liquidationCandidates, type Candidate } from "./candidates.ts";
import { leastSaleCost } from "./flash.ts";
import { costPerAccount } from "./gasCost.ts";
import type { PolicySettings, Snapshot } from "./snapshot.ts";

/** A take that the pools are asked about. */
export interface FlashQuestion {
  readonly account: AccountId;
  readonly asset: string;
  /** Base units of `asset`. */
  readonly seized: bigint;
  /** Quote base units. */
  readonly payment: bigint;
}

/** In a block; the next one asks about the rest. */
const MOST_QUESTIONS = 50;

/**
 * What to ask the pools at a block: the takes that would be done now if selling cost no more than the pools' fees, in the
 * order in which they are to be sold. The critical come first, and the small before the large: one that is too large for
 * its pools spoils the quotes of those behind it alone. Pure, and nothing while nobody can be liquidated.
 * @param stuck Accounts that could not be sold lately: they come last.
 */
export function flashQuestions(
  snapshot: Snapshot,
  settings: PolicySettings,
  stuck: ReadonlySet<AccountId>,
): readonly FlashQuestion[] {
  if (settings.flashLiquidator === undefined || !snapshot.prices.available) return [];
  const moment = momentOf(snapshot);
  const free = freeOf(assess(snapshot, moment), snapshot);
  const { candidates } = liquidationCandidates(free, snapshot, settings, moment);
  return candidates
    .filter((candidate) => mayPay(candidate, snapshot, settings))
    .map((candidate) => ({ candidate, isStuck: stuck.has(candidate.assessment.id) }))
    .sort((a, b) => Number(a.isStuck) - Number(b.isStuck) || byOrderOfSale(a.candidate, b.candidate))
    .slice(0, MOST_QUESTIONS)
    .map(({ candidate: { assessment, best } }) => ({
      account: assessment.id,
      asset: best.asset,
      seized: best.take.seized,
      payment: best.payment,
    }));
}

function mayPay(candidate: Candidate, snapshot: Snapshot, settings: PolicySettings): boolean {
  const { best } = candidate;
  const keepsCollateral = settings.flashLiquidator?.keepsCollateral === true;
  const sold = keepsCollateral ? best.payment : best.payment + best.gain;
  const saleCost = leastSaleCost(settings.flashLiquidator, best.asset, sold);
  const gasCost = costPerAccount(snapshot.gas, "flashTake");
  if (saleCost === undefined || gasCost === undefined) return false;
  const left = best.gain - saleCost;
  return left > 0n && left >= gasCost + leastProfitOf(candidate, snapshot, settings);
}

function byOrderOfSale(a: Candidate, b: Candidate): number {
  if (a.isCritical !== b.isCritical) return a.isCritical ? -1 : 1;
  return a.best.payment < b.best.payment ? -1 : a.best.payment > b.best.payment ? 1 : 0;
}
