import type { AccountId } from "../../sdk/accountId.ts";
import type { VaultMoment } from "../../sdk/vaultTypes.ts";
import type { Duty, Skip } from "./action.ts";
import { freeOf, type Assessment } from "./assess.ts";
import { dutiesOf, planDuties, type Plan } from "./planDuties.ts";
import type { PolicySettings, Snapshot } from "./snapshot.ts";
import { FIRST_IN_ROW, isOverdue } from "./standby.ts";

/** What would be done if nobody came before this keeper. */
export interface WishedPlan {
  readonly assessments: readonly Assessment[];
  /** Those that nothing is on its way for. */
  readonly free: readonly Assessment[];
  readonly plan: Plan;
  /** Whom the brake holds back; undefined while it is not engaged. */
  readonly mayWait: ((assessment: Assessment) => boolean) | undefined;
}

/** What of it is this keeper's turn, and what is due at all, for the next decision to know since when. */
export interface Turn {
  readonly plan: Plan;
  readonly skips: readonly Skip[];
  readonly due: ReadonlyMap<AccountId, Duty>;
}

/** More than any vault holds. */
const UNLIMITED = 2n ** 128n;

/**
 * Of a plan the part that those who come before this keeper have left undone for long enough. The first in the row does
 * all of it at once. Pure.
 */
export function turnOf(
  wished: WishedPlan,
  snapshot: Snapshot,
  settings: PolicySettings,
  moment: VaultMoment,
): Turn {
  const { plan, free, mayWait } = wished;
  const { standby = FIRST_IN_ROW, block } = snapshot;
  const { standby: place } = settings;
  if (place === undefined || place.rank === 0) return { plan, skips: skipsOf(plan), due: new Map() };
  const due = dueOf(wished, snapshot, settings, moment);
  const isMine = ({ id }: Assessment) => {
    const duty = due.get(id);
    return duty !== undefined && isOverdue(duty, standby.since.get(id), block, place);
  };
  const mine = free.filter(isMine);
  const own = planDuties(mine, snapshot, settings, moment, mayWait);
  const ids = new Set(mine.map(({ id }) => id));
  const left = free.flatMap(({ id }): Skip[] => {
    const duty = due.get(id);
    return duty === undefined || ids.has(id) ? [] : [{ account: id, duty, reason: "standby" }];
  });
  const others = skipsOf(plan).filter(({ account }) => !due.has(account));
  return { plan: own, skips: [...skipsOf(own), ...others, ...left], due };
}

/** Whether housekeeping is this keeper's. */
export function isInCharge(
  { standby = FIRST_IN_ROW }: Snapshot,
  { standby: place }: PolicySettings,
): boolean {
  return place === undefined || place.rank === 0 || standby.isInCharge;
}

/**
 * What the first in the row would do: with a purse of its own, which this keeper does not know, and without what this
 * one has on its way or has been refused.
 */
function dueOf(
  { assessments, mayWait }: WishedPlan,
  snapshot: Snapshot,
  settings: PolicySettings,
  moment: VaultMoment,
): ReadonlyMap<AccountId, Duty> {
  const { wallet } = snapshot;
  const first: Snapshot = {
    ...snapshot,
    wallet: { ...wallet, quote: UNLIMITED, allowance: UNLIMITED },
    spentToday: new Map(),
    flash: undefined,
    busy: new Set(),
  };
  return dutiesOf(planDuties(freeOf(assessments, first), first, settings, moment, mayWait));
}

function skipsOf({ liquidations, callSkips }: Plan): readonly Skip[] {
  return [...liquidations.skips, ...callSkips];
}
