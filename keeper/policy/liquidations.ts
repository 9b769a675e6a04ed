import type { VaultMoment } from "../../sdk/vaultTypes.ts";
import { isFlashItem, type FlashItem, type Skip, type TakeItem } from "./action.ts";
import type { Assessment } from "./assess.ts";
import { liquidationCandidates, skipOf } from "./candidates.ts";
import { Buckets } from "./buckets.ts";
import { fundTake } from "./fundTake.ts";
import type { PolicySettings, Snapshot } from "./snapshot.ts";

/** What to take, most at stake first, and what was left alone. */
export interface Liquidations {
  readonly critical: readonly (TakeItem | FlashItem)[];
  readonly profitable: readonly (TakeItem | FlashItem)[];
  /** Quote base units that all takes wanted could cost the keeper, as far as the balance goes. */
  readonly wanted: bigint;
  readonly skips: readonly Skip[];
}

/**
 * Which of the accounts that are free to act upon to liquidate now. An expired account, and what a default left, is
 * taken when what it earns pays for the gas and the margin, unless liquidation is paused. A critical one is taken also
 * when it earns less, as far as its daily allowance for losses goes: it may become bad debt any minute, and the gas to
 * prevent that is small beside it. Each is paid for by whichever way leaves most.
 */
export function planLiquidations(
  assessments: readonly Assessment[],
  snapshot: Snapshot,
  settings: PolicySettings,
  moment: VaultMoment,
): Liquidations {
  const { candidates, skips } = liquidationCandidates(assessments, snapshot, settings, moment);
  const items = { critical: [] as TakeItem[], profitable: [] as TakeItem[] };
  const buckets = new Buckets(moment);
  const unfunded: Skip[] = [];
  let balance = snapshot.wallet.quote;
  for (const found of candidates) {
    const candidate = buckets.withRoomFor(found);
    if (candidate === undefined) {
      unfunded.push(skipOf(found.assessment, "vaultBrake"));
      continue;
    }
    const funded = fundTake(candidate, balance, { snapshot, settings, moment: buckets.moment });
    if (typeof funded === "string") unfunded.push(skipOf(candidate.assessment, funded));
    else {
      if (!isFlashItem(funded)) balance -= funded.maxRepay;
      buckets.draw(candidate);
      (candidate.isCritical ? items.critical : items.profitable).push(funded);
    }
  }
  return { ...items, wanted: snapshot.wallet.quote - balance, skips: [...skips, ...unfunded] };
}
