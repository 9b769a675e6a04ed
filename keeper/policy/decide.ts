import type { AccountId } from "../../sdk/accountId.ts";
import { toDebtUp } from "../../sdk/debtMath.ts";
import { statusName } from "../../sdk/vaultTypes.ts";
import {
  isFlashItem,
  type AccountItem,
  type Action,
  type Duty,
  type FlashItem,
  type Skip,
  type TakeItem,
} from "./action.ts";
import { withinAllowance } from "./allowance.ts";
import { assess, freeOf, momentOf, type Assessment } from "./assess.ts";
import { brakeFor, isDoubted, type Brake, type BrakeSubject } from "./brake.ts";
import {
  costPerAccount,
  flashGasLimit,
  flashPackLimits,
  gasLimitFor,
  gasPerFlashTake,
  packLimitsOf,
} from "./gasCost.ts";
import { nextMoment } from "./nextMoment.ts";
import { pack } from "./pack.ts";
import { adverseDuties, planDuties, type Plan } from "./planDuties.ts";
import { pokeFor } from "./poke.ts";
import type { GasKind, PolicySettings, Snapshot } from "./snapshot.ts";
import { isInCharge, turnOf } from "./turn.ts";

/** What to do at a block, in order, and what there is to know about it. */
export interface Decision {
  readonly actions: readonly Action[];
  readonly skips: readonly Skip[];
  /** Accounts with debt by status name, and lots that defaults left as `Forfeited`. */
  readonly counts: Readonly<Record<string, number>>;
  /** Block time at which time alone makes the next difference: a deadline, an auction that pays or lapses, a pause that ends. */
  readonly nextMoment: bigint | undefined;
  /** Undefined without prices: nobody was judged. */
  readonly brake: Brake | undefined;
  /** What is due about whom, for a standby; empty for the first in the row. Undefined without prices. */
  readonly due: ReadonlyMap<AccountId, Duty> | undefined;
}

/** An interest fee is booked when it is worth this many times the gas. */
const FEE_OVER_GAS = 10n;

/** The keeper's duties at one block. Pure: the same snapshot and settings give the same decision, and nothing is read. */
export function decide(snapshot: Snapshot, settings: PolicySettings): Decision {
  const moment = momentOf(snapshot);
  // Without prices nobody can be judged, and the vault would refuse whatever is sent.
  if (!snapshot.prices.available) {
    return { actions: [], skips: [], counts: {}, nextMoment: undefined, brake: undefined, due: undefined };
  }
  const assessments = assess(snapshot, moment);
  const free = freeOf(assessments, snapshot);
  const wished = planDuties(free, snapshot, settings, moment);
  const brake = brakeFor(
    {
      subjects: brakeSubjects(wished, free),
      bookDebt: toDebtUp(snapshot.vault.pool.totalDebtShares, moment.debtIndex),
      opinions: snapshot.opinions,
      ...snapshot.brake,
    },
    settings.brake,
  );
  // Planned again, for what is held needs no money and no place in a batch, and nobody may step into its place.
  const waits = ({ account }: Assessment) => isDoubted(account.collateralSet, snapshot.opinions);
  const plan = brake.kind === "engaged" ? planDuties(free, snapshot, settings, moment, waits) : wished;
  const mayWait = brake.kind === "engaged" ? waits : undefined;
  const turn = turnOf({ assessments, free, plan, mayWait }, snapshot, settings, moment);
  const { approval, approved } = withinAllowance(turn.plan.liquidations, snapshot, settings);
  const ordered = actionsOf({ ...turn.plan, liquidations: approved }, snapshot, settings);
  const payable = [...(approval === undefined ? [] : [approval]), ...ordered];
  // A standby beside one who pokes would add nothing but gas.
  const poke = isInCharge(snapshot, settings) ? pokeFor(snapshot, settings) : undefined;
  const chores = payable.length > 0 ? [] : housekeeping(snapshot, settings);
  // What tightens is for days on which there is always something else to do.
  const isPoked = poke !== undefined && (poke.isPressing || (payable.length === 0 && chores.length === 0));
  return {
    actions: [...payable, ...chores, ...(isPoked ? [poke] : [])],
    skips: [...heldBack(wished, brake), ...turn.skips],
    counts: countByStatus(assessments),
    nextMoment: nextMoment(assessments, snapshot, settings, moment),
    brake,
    due: turn.due,
  };
}

function brakeSubjects(plan: Plan, free: readonly Assessment[]): BrakeSubject[] {
  const duties = new Map(adverseDuties(plan).map(([duty, id]) => [id, duty]));
  return free.flatMap(({ id, valuation, account }) => {
    const duty = duties.get(id);
    if (duty === undefined) return [];
    const { collateralSet } = account;
    return [{ account: id, debt: valuation.debt, collateralSet, mayWait: duty !== "liquidateCritical" }];
  });
}

function heldBack(wished: Plan, brake: Brake): Skip[] {
  if (brake.kind !== "engaged") return [];
  return adverseDuties(wished).flatMap(([duty, account]) =>
    brake.held.has(account) ? [{ account, duty, reason: "brake" as const }] : [],
  );
}

function actionsOf(
  { liquidations, reopen, open, close, write }: Plan,
  snapshot: Snapshot,
  settings: PolicySettings,
): Action[] {
  return [
    ...takeActions("liquidateCritical", liquidations.critical, snapshot, settings),
    ...takeActions("liquidateProfitable", liquidations.profitable, snapshot, settings),
    ...batches("reopenCall", reopen.map(itemOf), snapshot, settings),
    ...batches("openCall", open.map(itemOf), snapshot, settings),
    ...batches("closeCall", close.map(itemOf), snapshot, settings),
    ...batches("bookLoss", write.map(itemOf), snapshot, settings),
  ];
}

function itemOf({ id, status, valuation, isLot }: Assessment): AccountItem {
  return { account: id, stake: valuation.debt, reason: isLot ? "forfeited" : statusName(status) };
}

const GAS_KINDS = { reopenCall: "open", openCall: "open", closeCall: "close", bookLoss: "bookLoss" } as const;

function batches(
  duty: keyof typeof GAS_KINDS,
  items: readonly AccountItem[],
  { gas }: Snapshot,
  settings: PolicySettings,
): Action[] {
  const kind = GAS_KINDS[duty];
  const limits = packLimitsOf(gas, kind, settings.callsPerTransaction, settings.maxGasPerTransaction);
  return pack(items, ({ stake }) => stake, limits).map((part) => ({
    duty,
    items: part,
    ...sumOf(part, gas, kind, settings),
  }));
}

function takeActions(
  duty: "liquidateCritical" | "liquidateProfitable",
  items: readonly (TakeItem | FlashItem)[],
  snapshot: Snapshot,
  settings: PolicySettings,
): Action[] {
  const { gas } = snapshot;
  const limits = packLimitsOf(gas, "take", settings.takesPerTransaction, settings.maxGasPerTransaction);
  const byHand = items.filter((item) => !isFlashItem(item));
  // They come in the order of what is at stake, which is not only an amount.
  const actions = pack(byHand, () => 0n, limits).map((part) => ({
    duty,
    items: part,
    ...sumOf(part, gas, "take", settings),
  }));
  return [...actions, ...flashActions(duty, items.filter(isFlashItem), snapshot, settings)];
}

/** In the order in which their sales were quoted, for each changes the price of those after it. */
function flashActions(
  duty: "liquidateCritical" | "liquidateProfitable",
  items: readonly FlashItem[],
  { gas, flash }: Snapshot,
  settings: PolicySettings,
): Action[] {
  const ranks = new Map([...(flash?.quotes.keys() ?? [])].map((account, rank) => [account, rank]));
  const rankOf = ({ account }: FlashItem) => ranks.get(account) ?? 0;
  const sorted = items.toSorted((a, b) => rankOf(a) - rankOf(b));
  const { takesPerTransaction, maxGasPerTransaction } = settings;
  const limits = flashPackLimits(gas, takesPerTransaction, maxGasPerTransaction);
  return pack(sorted, () => 0n, limits).map((part) => ({
    duty,
    items: part,
    ...sumOf(part, gas, "flashTake", settings),
    gasLimit: flashGasLimit(gas, part.length, maxGasPerTransaction),
    gasPerTake: gasPerFlashTake(gas),
  }));
}

function sumOf(
  items: readonly AccountItem[],
  gas: Snapshot["gas"],
  kind: GasKind,
  settings: PolicySettings,
): Pick<Action, "gasLimit" | "stake" | "reason"> {
  return {
    gasLimit: gasLimitFor(gas, kind, items.length, settings.maxGasPerTransaction),
    stake: items.reduce((sum, { stake }) => sum + stake, 0n),
    reason: [...new Set(items.map(({ reason }) => reason))].slice(0, 3).join("; "),
  };
}

/** What nobody waits for: done when there is nothing else to do and it costs little. */
function housekeeping(snapshot: Snapshot, settings: PolicySettings): Action[] {
  const { gas, actAt, busyDuties, vault } = snapshot;
  const cost = costPerAccount(gas, "housekeeping");
  if (cost === undefined || cost > settings.housekeepingMaxCost) return [];
  // It leaves no trace on the chain by which a standby could tell whether it was done.
  if (!isInCharge(snapshot, settings)) return [];
  const isDue = (duty: Duty, lastAt: bigint, everySeconds: number) =>
    !busyDuties.has(duty) && actAt - lastAt >= BigInt(everySeconds);
  const gasLimit = gasLimitFor(gas, "housekeeping", 1, settings.maxGasPerTransaction);
  if (isDue("record", snapshot.lastRecordAt, settings.recordEverySeconds)) {
    return [{ duty: "record", gasLimit, stake: 0n, reason: "the oracle's memory is old" }];
  }
  const fee = vault.pool.unbookedFee;
  if (isDue("bookFee", snapshot.lastBookFeeAt, settings.bookFeeEverySeconds) && fee >= cost * FEE_OVER_GAS) {
    return [{ duty: "bookFee", gasLimit, stake: fee, reason: "the interest fee is worth booking" }];
  }
  return [];
}

function countByStatus(assessments: readonly Assessment[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, isLot } of assessments) {
    const name = isLot ? "Forfeited" : statusName(status);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
