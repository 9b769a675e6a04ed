import { Status, type VaultMoment } from "../../sdk/vaultTypes.ts";
import type { Skip } from "./action.ts";
import type { Assessment } from "./assess.ts";
import { bestTake, type BestTake } from "./bestTake.ts";
import { costPerAccount } from "./gasCost.ts";
import type { PolicySettings, Snapshot } from "./snapshot.ts";

/** A take that pays at the oracle's price, or may lose what it loses there. */
export interface Candidate {
  readonly assessment: Assessment;
  readonly isCritical: boolean;
  readonly best: BestTake;
}

interface CandidateStake {
  readonly assessment: Pick<Assessment, "isLot">;
  readonly best: Pick<BestTake, "take">;
}

/** Whether the vault lets anybody liquidate an account of this status. */
export function isLiquidatable(status: Status): boolean {
  return isCritical(status) || status === Status.Expired;
}

/** The takes to think about, most urgent first, and what was left alone. */
export function liquidationCandidates(
  assessments: readonly Assessment[],
  snapshot: Snapshot,
  settings: PolicySettings,
  moment: VaultMoment,
): { readonly candidates: readonly Candidate[]; readonly skips: readonly Skip[] } {
  const skips: Skip[] = [];
  const candidates = assessments
    .filter(({ status }) => isLiquidatable(status))
    .flatMap((assessment) => {
      const judged = judge(assessment, snapshot, settings, moment);
      if ("reason" in judged) skips.push(judged);
      return "reason" in judged ? [] : [judged];
    })
    .sort(byUrgency);
  return { candidates, skips };
}

/** What a take has to earn after gas, quote base units; below zero for one that may lose something. */
export function leastProfitOf(
  { assessment: { id }, isCritical }: Pick<Candidate, "assessment" | "isCritical">,
  { spentToday }: Snapshot,
  { criticalAtAnyProfit, criticalLossPerAccountPerDay, profitMargin }: PolicySettings,
): bigint {
  if (!isCritical || !criticalAtAnyProfit) return profitMargin;
  const left = criticalLossPerAccountPerDay - (spentToday.get(id) ?? 0n);
  return left > 0n ? -left : 0n;
}

function judge(
  assessment: Assessment,
  snapshot: Snapshot,
  settings: PolicySettings,
  moment: VaultMoment,
): Candidate | Skip {
  const isPaused = moment.clock.isLiquidationPaused && !isCritical(assessment.status);
  if (isPaused) return skipOf(assessment, "paused");
  const best = bestTake(assessment, moment);
  if (best === undefined) return skipOf(assessment, whyNotTaken(assessment, moment));
  const candidate = { assessment, best, isCritical: isCritical(assessment.status) };
  const cost = costPerAccount(snapshot.gas, "take");
  if (cost === undefined) return skipOf(assessment, "gasUnknown");
  if (best.gain - cost >= leastProfitOf(candidate, snapshot, settings)) return candidate;
  const mayLose = candidate.isCritical && settings.criticalAtAnyProfit;
  return skipOf(assessment, mayLose ? "lossBudgetSpent" : "notProfitable");
}

/** Why the vault would refuse every take of it. */
function whyNotTaken(assessment: Assessment, moment: VaultMoment): "vaultBrake" | "notTakeable" {
  return bestTake(assessment, { ...moment, brakes: [] }) === undefined ? "notTakeable" : "vaultBrake";
}

function byUrgency(a: Candidate, b: Candidate): number {
  if (a.isCritical !== b.isCritical) return a.isCritical ? -1 : 1;
  // What a default left comes last: no debt waits for it.
  if (a.assessment.isLot !== b.assessment.isLot) return a.assessment.isLot ? 1 : -1;
  const difference = stakeOf(b) - stakeOf(a);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** The debt that a take ends, or what a lot brings the insurance. */
export function stakeOf({ assessment, best }: CandidateStake): bigint {
  return assessment.isLot ? best.take.insured : best.take.repaid;
}

/** Whether it is below its floor, where no deadline protects it and the lenders' loss is near. */
export function isCritical(status: Status): boolean {
  return status === Status.Critical || status === Status.Insolvent;
}

/** Why an account that may be liquidated is left alone. */
export function skipOf({ id, status }: Assessment, reason: Skip["reason"]): Skip {
  return { account: id, duty: isCritical(status) ? "liquidateCritical" : "liquidateProfitable", reason };
}
