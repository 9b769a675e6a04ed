import { mulDivDown, mulDivUp, PRICE_SCALE } from "../../sdk/fixedPoint.ts";
import type { AccountId } from "../../sdk/accountId.ts";
import { isFlash, isTake, type AccountItem, type Action, type Duty, type TakeItem } from "./action.ts";
import type { GasKind, GasView } from "./snapshot.ts";

/** What a transaction may cost, and how long it has. Kept with its signature, so that a restart changes neither. */
export interface FeeTerms {
  /** Gas that it is expected to use, as far as receipts have taught it. */
  readonly expectedGas: bigint;
  /** Wei that it may cost at that gas; undefined while nobody knows what a wei is worth. */
  readonly budgetWei: bigint | undefined;
  /** Blocks after which it is late: its fees rise the faster the nearer that is. */
  readonly patienceBlocks: number;
  /** For a liquidation, what each account earns before gas, wei; in the order of the action's items. */
  readonly gainsWei: readonly bigint[];
  /** Quote base units for a wei, times 1e36, when it was planned; undefined while unknown. */
  readonly nativePrice36: bigint | undefined;
}

/** The operator's wishes about fees, quote base units. */
export interface FeeSettings {
  readonly profitMargin: bigint;
  readonly criticalAtAnyProfit: boolean;
  readonly criticalLossPerAccountPerDay: bigint;
  readonly callMaxCost: bigint;
  readonly housekeepingMaxCost: bigint;
  readonly pokeMaxCost: bigint;
}

/** Blocks from when a duty falls due until it is late. */
export const PATIENCE_BLOCKS: Readonly<Record<Duty, number>> = {
  approve: 2,
  liquidateCritical: 2,
  liquidateProfitable: 4,
  reopenCall: 4,
  openCall: 4,
  closeCall: 8,
  bookLoss: 20,
  record: 200,
  bookFee: 200,
  poke: 20,
};

const KIND_OF: Readonly<Record<Duty, GasKind>> = {
  approve: "housekeeping",
  liquidateCritical: "take",
  liquidateProfitable: "take",
  reopenCall: "open",
  openCall: "open",
  closeCall: "close",
  bookLoss: "bookLoss",
  record: "housekeeping",
  bookFee: "housekeeping",
  poke: "poke",
};

/** A call on a small debt is not worth a large debt's gas: at most this share of what is at stake. */
const STAKE_SHARE_BPS = 100n;
const BPS = 10_000n;

/** The kind of gas that an action takes. */
export function gasKindOf(action: Action): GasKind {
  return isFlash(action) ? "flashTake" : gasKindOfDuty(action.duty);
}

/** The kind of gas that a duty takes which is not carried out by the flash liquidator. */
export function gasKindOfDuty(duty: Duty): GasKind {
  return KIND_OF[duty];
}

/**
 * What sending `action` may cost and how long it has. A liquidation may cost what it earns less the margin, a critical
 * one all of it and what is left of its accounts' daily allowance for losses; a call at most `callMaxCost` and a
 * hundredth of the debt for each account, so that a price of gas a hundred times as high leaves the small ones out.
 */
export function feeTermsOf(
  action: Action,
  gas: GasView,
  settings: FeeSettings,
  spentToday: ReadonlyMap<AccountId, bigint>,
): FeeTerms {
  const { nativePrice36 } = gas;
  const count = "items" in action ? BigInt(action.items.length) : 1n;
  const inWei = (amount: bigint) =>
    nativePrice36 === undefined || nativePrice36 === 0n
      ? undefined
      : mulDivDown(amount, PRICE_SCALE, nativePrice36);
  return {
    expectedGas: gas.perAccount[gasKindOf(action)] * count,
    budgetWei: inWei(budgetOf(action, settings, spentToday)),
    patienceBlocks: PATIENCE_BLOCKS[action.duty],
    gainsWei: isTake(action) ? action.items.map(({ gain }) => inWei(gain < 0n ? 0n : gain) ?? 0n) : [],
    nativePrice36,
  };
}

/** Quote base units that each account of a liquidation would lose at a price of gas; all zero for anything else. */
export function lossesAt(terms: FeeTerms, weiPerGas: bigint): readonly bigint[] {
  const { expectedGas, gainsWei, nativePrice36 } = terms;
  if (nativePrice36 === undefined || gainsWei.length === 0) return [];
  const shareWei = mulDivUp(expectedGas, weiPerGas, BigInt(gainsWei.length));
  return gainsWei.map((gain) =>
    shareWei > gain ? mulDivUp(shareWei - gain, nativePrice36, PRICE_SCALE) : 0n,
  );
}

function budgetOf(action: Action, settings: FeeSettings, spentToday: ReadonlyMap<AccountId, bigint>): bigint {
  switch (action.duty) {
    case "liquidateCritical":
      return sumOf(action.items, (item) => criticalBudgetOf(item, settings, spentToday));
    case "liquidateProfitable":
      return sumOf(action.items, ({ gain }) => above(gain, settings.profitMargin));
    case "reopenCall":
    case "openCall":
    case "closeCall":
    case "bookLoss":
      return sumOf(action.items, (item) => callBudgetOf(item, settings));
    // What it is for pays for it.
    case "approve":
      return settings.callMaxCost;
    case "record":
    case "bookFee":
      return settings.housekeepingMaxCost;
    case "poke":
      return action.isPressing ? settings.pokeMaxCost : settings.housekeepingMaxCost;
  }
}

function callBudgetOf({ stake }: AccountItem, { callMaxCost }: FeeSettings): bigint {
  const share = mulDivUp(stake, STAKE_SHARE_BPS, BPS);
  // What a default left is sold without any debt behind it; whether that pays was decided before.
  return stake === 0n || share > callMaxCost ? callMaxCost : share;
}

function criticalBudgetOf(
  { account, gain }: TakeItem,
  { criticalAtAnyProfit, criticalLossPerAccountPerDay, profitMargin }: FeeSettings,
  spentToday: ReadonlyMap<AccountId, bigint>,
): bigint {
  if (!criticalAtAnyProfit) return above(gain, profitMargin);
  return above(gain, 0n) + above(criticalLossPerAccountPerDay, spentToday.get(account) ?? 0n);
}

function sumOf<T>(items: readonly T[], amountOf: (item: T) => bigint): bigint {
  return items.reduce((sum, item) => sum + amountOf(item), 0n);
}

function above(amount: bigint, floor: bigint): bigint {
  return amount > floor ? amount - floor : 0n;
}
