import type { AccountId } from "../../sdk/accountId.ts";
import { Status, type VaultMoment } from "../../sdk/vaultTypes.ts";
import type { Duty, FlashItem, Skip, TakeItem } from "./action.ts";
import type { Assessment } from "./assess.ts";
import { isCritical, isLiquidatable } from "./candidates.ts";
import { planLiquidations, type Liquidations } from "./liquidations.ts";
import { isUnsold, whyNotSell } from "./lots.ts";
import type { PolicySettings, Snapshot } from "./snapshot.ts";

/** What there is to do about accounts, before it is packed into transactions. */
export interface Plan {
  readonly liquidations: Liquidations;
  readonly reopen: readonly Assessment[];
  readonly open: readonly Assessment[];
  readonly close: readonly Assessment[];
  readonly write: readonly Assessment[];
  readonly callSkips: readonly Skip[];
}

/**
 * Of the accounts that are free to act upon. Pure.
 * @param mayWait Those that are left alone, but for closing calls and for liquidating what is below its floor.
 */
export function planDuties(
  free: readonly Assessment[],
  snapshot: Snapshot,
  settings: PolicySettings,
  moment: VaultMoment,
  mayWait: (assessment: Assessment) => boolean = () => false,
): Plan {
  const pressing = free.filter((a) => isCritical(a.status) || !mayWait(a));
  const liquidations = planLiquidations(pressing, snapshot, settings, moment);
  const taken = new Set([...liquidations.critical, ...liquidations.profitable].map(({ account }) => account));
  const idle = free.filter(({ id }) => !taken.has(id));
  const calls = planCalls(
    idle.filter((a) => !mayWait(a)),
    snapshot,
    settings,
    moment,
  );
  return {
    liquidations,
    reopen: calls.due.filter(isLapsed),
    open: calls.due.filter((a) => !isLapsed(a)),
    close: idle.filter((a) => a.mayClose && !isLiquidatable(a.status)),
    write: idle.filter((a) => isHopeless(a, moment) && !mayWait(a)),
    callSkips: calls.skips,
  };
}

/** By duty, of what is done against an account: closing a call is not. */
export function adverseDuties({
  liquidations,
  reopen,
  open,
  write,
}: Plan): readonly (readonly [Duty, AccountId])[] {
  const each = (duty: Duty, ids: readonly AccountId[]) => ids.map((id) => [duty, id] as const);
  const idsOf = (items: readonly (TakeItem | FlashItem)[]) => items.map(({ account }) => account);
  const assessed = (list: readonly Assessment[]) => list.map(({ id }) => id);
  return [
    ...each("liquidateCritical", idsOf(liquidations.critical)),
    ...each("liquidateProfitable", idsOf(liquidations.profitable)),
    ...each("reopenCall", assessed(reopen)),
    ...each("openCall", assessed(open)),
    ...each("bookLoss", assessed(write)),
  ];
}

/** By account, all that is done about it, the most urgent where there are several. */
export function dutiesOf(plan: Plan): ReadonlyMap<AccountId, Duty> {
  const duties = new Map<AccountId, Duty>(adverseDuties(plan).map(([duty, id]) => [id, duty]));
  for (const { id } of plan.close) if (!duties.has(id)) duties.set(id, "closeCall");
  return duties;
}

/** Calls to open and open again, sales of what defaults left included, and those that are left alone. */
function planCalls(
  assessments: readonly Assessment[],
  snapshot: Snapshot,
  settings: PolicySettings,
  moment: VaultMoment,
): { readonly due: readonly Assessment[]; readonly skips: readonly Skip[] } {
  const due: Assessment[] = [];
  const skips: Skip[] = [];
  for (const assessment of assessments) {
    const { id, status, isLot } = assessment;
    const isUncalled = isLot ? isUnsold(assessment) : status === Status.Callable || isLapsed(assessment);
    if (!isUncalled) continue;
    const duty = isLapsed(assessment) ? "reopenCall" : "openCall";
    const isSmall = assessment.valuation.debt < settings.minimumCallDebt;
    const tooSmall = isSmall ? "belowMinimum" : undefined;
    const whyNot = isLot ? whyNotSell(assessment, snapshot, settings, moment) : tooSmall;
    const reason = moment.clock.isCallingPaused ? "paused" : whyNot;
    if (reason === undefined) due.push(assessment);
    else skips.push({ account: id, duty, reason });
  }
  return { due, skips };
}

function isLapsed({ status }: Assessment): boolean {
  return status === Status.Lapsed;
}

/** Nothing sellable stands behind the debt any more: what the vault lets anybody write off. */
function isHopeless({ valuation }: Assessment, { risk }: VaultMoment): boolean {
  const { value, debt } = valuation;
  return value < debt && value < risk.dustValue;
}
