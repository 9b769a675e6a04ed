import { mulDivDown } from "../../sdk/fixedPoint.ts";
import { Status, statusName, type VaultMoment } from "../../sdk/vaultTypes.ts";
import type { Skip, TakeItem } from "./action.ts";
import type { Assessment } from "./assess.ts";
import { bestTake, type BestTake } from "./bestTake.ts";
import { costPerAccount } from "./gasCost.ts";
import type { PolicySettings, Snapshot } from "./snapshot.ts";

/** What to take, most at stake first, and what was left alone. */
export interface Liquidations {
  readonly critical: readonly TakeItem[];
  readonly profitable: readonly TakeItem[];
  /** Quote base units that all takes wanted could cost, as far as the balance goes. */
  readonly wanted: bigint;
  readonly skips: readonly Skip[];
}

/** The debt grows until the next block and the discount moves; the vault takes what is right and at most this more. */
const PAYMENT_ROOM_BPS = 200n;
const BPS = 10_000n;

interface Candidate {
  readonly assessment: Assessment;
  readonly isCritical: boolean;
  readonly best: BestTake;
  readonly loss: bigint;
}

interface CandidateStake {
  readonly assessment: Pick<Assessment, "isLot">;
  readonly best: Pick<BestTake, "take">;
}

/** Whether the vault lets anybody liquidate an account of this status. */
export function isLiquidatable(status: Status): boolean {
  return isCritical(status) || status === Status.Expired;
}

/**
 * Which of the accounts that are free to act upon to liquidate now. An expired account, and what a default left, is
 * taken when what it earns pays for the gas and the margin, unless liquidation is paused. A critical one is taken also when it earns less, as far as its daily allowance for losses goes: it may become bad debt
 * any minute, and the gas to prevent that is small beside it.
 */
export function planLiquidations(
  assessments: readonly Assessment[],
  snapshot: Snapshot,
  settings: PolicySettings,
  moment: VaultMoment,
): Liquidations {
  const skips: Skip[] = [];
  const candidates = assessments
    .filter(({ status }) => isLiquidatable(status))
    .flatMap((assessment) => {
      const judged = judge(assessment, snapshot, settings, moment);
      if ("reason" in judged) skips.push(judged);
      return "reason" in judged ? [] : [judged];
    })
    .sort(byUrgency);
  const items = { critical: [] as TakeItem[], profitable: [] as TakeItem[] };
  let balance = snapshot.wallet.quote;
  for (const candidate of candidates) {
    const item = affordable(candidate, balance, snapshot, settings, moment);
    if (item === undefined) skips.push(skip(candidate.assessment, "quoteBalance"));
    else {
      balance -= item.maxRepay;
      (candidate.isCritical ? items.critical : items.profitable).push(item);
    }
  }
  return { ...items, wanted: snapshot.wallet.quote - balance, skips };
}

function judge(
  assessment: Assessment,
  snapshot: Snapshot,
  settings: PolicySettings,
  moment: VaultMoment,
): Candidate | Skip {
  const isPaused = moment.clock.isLiquidationPaused && !isCritical(assessment.status);
  if (isPaused) return skip(assessment, "paused");
  const best = bestTake(assessment, moment);
  if (best === undefined) return skip(assessment, "notTakeable");
  const verdict = worthIt(assessment, best.gain, snapshot, settings);
  if (typeof verdict === "string") return skip(assessment, verdict);
  return { assessment, best, isCritical: isCritical(assessment.status), loss: verdict };
}

/** What the take loses, zero when it pays, or why it is not to be done. */
function worthIt(
  { id, status }: Assessment,
  gain: bigint,
  snapshot: Snapshot,
  settings: PolicySettings,
): bigint | Skip["reason"] {
  const cost = costPerAccount(snapshot.gas, "take");
  if (cost === undefined) return "gasUnknown";
  if (gain >= cost + settings.profitMargin) return 0n;
  if (!isCritical(status) || !settings.criticalAtAnyProfit) return "notProfitable";
  if (gain >= cost) return 0n;
  const spent = snapshot.spentToday.get(id) ?? 0n;
  return spent + cost - gain <= settings.criticalLossPerAccountPerDay ? cost - gain : "lossBudgetSpent";
}

/** The take sized to the balance; undefined when there is not enough for one that the vault accepts and that pays. */
function affordable(
  candidate: Candidate,
  balance: bigint,
  snapshot: Snapshot,
  settings: PolicySettings,
  moment: VaultMoment,
): TakeItem | undefined {
  const { assessment, best, loss } = candidate;
  const withRoom = best.payment + (best.payment * PAYMENT_ROOM_BPS) / BPS + 1n;
  if (withRoom <= balance) return itemOf(assessment, best, withRoom, loss, snapshot);
  const smaller = bestTake(assessment, moment, balance);
  if (smaller === undefined) return undefined;
  const smallerLoss = worthIt(assessment, smaller.gain, snapshot, settings);
  return typeof smallerLoss === "string"
    ? undefined
    : itemOf(assessment, smaller, balance, smallerLoss, snapshot);
}

function itemOf(
  { id, status, isLot }: Assessment,
  { take, asset, gain }: BestTake,
  maxRepay: bigint,
  loss: bigint,
  snapshot: Snapshot,
): TakeItem {
  const { gas } = snapshot;
  const cost = costPerAccount(gas, "take") ?? 0n;
  return {
    account: id,
    asset,
    maxRepay,
    // Somebody may repay a little first; what is left must still pay for the gas, or the take is not worth doing.
    minSeized: loss === 0n && gain > 0n ? mulDivDown(take.seized, cost < gain ? cost : gain, gain) : 0n,
    stake: stakeOf({ assessment: { isLot }, best: { take } }),
    gain,
    loss,
    reason: `${isLot ? "forfeited" : statusName(status)} at a discount of ${Number((take.discountWad * BPS) / 10n ** 18n) / 100} %`,
  };
}

function byUrgency(a: Candidate, b: Candidate): number {
  if (a.isCritical !== b.isCritical) return a.isCritical ? -1 : 1;
  // What a default left comes last: no debt waits for it.
  if (a.assessment.isLot !== b.assessment.isLot) return a.assessment.isLot ? 1 : -1;
  const difference = stakeOf(b) - stakeOf(a);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** The debt that a take ends, or what a lot brings the insurance. */
function stakeOf({ assessment, best }: CandidateStake): bigint {
  return assessment.isLot ? best.take.insured : best.take.repaid;
}

/** Whether it is below its floor, where no deadline protects it and the lenders' loss is near. */
export function isCritical(status: Status): boolean {
  return status === Status.Critical || status === Status.Insolvent;
}

function skip({ id, status }: Assessment, reason: Skip["reason"]): Skip {
  return { account: id, duty: isCritical(status) ? "liquidateCritical" : "liquidateProfitable", reason };
}
