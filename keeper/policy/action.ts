import type { AccountId } from "../../sdk/accountId.ts";
import type { Sale } from "../../sdk/flashLiquidator.ts";

/** The keeper's duties by urgency; the order of this list is the order of work. An approval is no duty but comes first, for others wait for it. */
export const DUTIES = [
  "approve",
  "liquidateCritical",
  "liquidateProfitable",
  "reopenCall",
  "openCall",
  "closeCall",
  "bookLoss",
  "record",
  "bookFee",
  "poke",
] as const;
export type Duty = (typeof DUTIES)[number];

/** One account in an action: why, and what is at stake, in quote base units. */
export interface AccountItem {
  readonly account: AccountId;
  readonly stake: bigint;
  readonly reason: string;
}

/** A liquidation, worked out at the time the next block is expected. Quote base units, but for `minSeized`. */
export interface TakeItem extends AccountItem {
  readonly asset: string;
  /** What it is expected to pay. */
  readonly payment: bigint;
  /** The most that it may pay. */
  readonly maxRepay: bigint;
  /** Base units of `asset`. */
  readonly minSeized: bigint;
  /** What is left of the collateral's worth, or of what selling it brings, above what is paid for it; before gas. */
  readonly gain: bigint;
  /** By how much its gas exceeds its gain; zero for one that pays. */
  readonly loss: bigint;
}

/** A liquidation that the flash liquidator pays for out of what it sells. */
export interface FlashItem extends TakeItem {
  readonly sale: Sale;
  /** The least that the contract may leave, quote base units. */
  readonly minProfit: bigint;
  /** Where it sells, as `encodeSwapPath` packs it. */
  readonly path: string;
}

interface Sendable {
  /** Leaves room above what is expected. */
  readonly gasLimit: bigint;
  /** The sum of its items'. */
  readonly stake: bigint;
  readonly reason: string;
}

export interface TakeAction extends Sendable {
  readonly duty: "liquidateCritical" | "liquidateProfitable";
  readonly items: readonly TakeItem[];
}

/** Liquidations by the flash liquidator. */
export interface FlashAction extends TakeAction {
  readonly items: readonly FlashItem[];
  /** Gas that each of several may use. */
  readonly gasPerTake: bigint;
}

export interface BatchAction extends Sendable {
  readonly duty: "reopenCall" | "openCall" | "closeCall" | "bookLoss";
  readonly items: readonly AccountItem[];
}

export interface ApproveAction extends Sendable {
  readonly duty: "approve";
  readonly amount: bigint;
}

export interface HousekeepingAction extends Sendable {
  readonly duty: "record" | "bookFee";
}

/** Weights that are to follow their collateral's volatility. */
export interface PokeAction extends Sendable {
  readonly duty: "poke";
  readonly asset: string;
  /** Whether a weight tightens, or may, and it must not wait for a quiet block. */
  readonly isPressing: boolean;
}

/** One transaction to send. */
export type Action = TakeAction | FlashAction | BatchAction | ApproveAction | HousekeepingAction | PokeAction;

export function isTake(action: Action): action is TakeAction {
  return action.duty === "liquidateCritical" || action.duty === "liquidateProfitable";
}

/** Whether it opens or closes margin calls. */
export function isNotice(duty: Duty): boolean {
  return duty === "openCall" || duty === "reopenCall" || duty === "closeCall";
}

/** Whether the flash liquidator carries it out. */
export function isFlash(action: Action): action is FlashAction {
  return "gasPerTake" in action;
}

/** Whether the flash liquidator pays for a take. */
export function isFlashItem(item: TakeItem): item is FlashItem {
  return "path" in item;
}

/** `action` with the items that pass; undefined when none is left. */
export function withItems(action: Action, keeps: (item: AccountItem) => boolean): Action | undefined {
  if (!("items" in action)) return action;
  const left = isTake(action) ? withTakes(action, keeps) : { ...action, items: action.items.filter(keeps) };
  if (left.items.length === 0) return undefined;
  return { ...left, stake: left.items.reduce<bigint>((sum, { stake }) => sum + stake, 0n) };
}

function withTakes(action: TakeAction, keeps: (item: AccountItem) => boolean): TakeAction {
  return { ...action, items: action.items.filter(keeps) };
}

/** The accounts an action is about. */
export function accountsOf(action: Action): readonly AccountId[] {
  return "items" in action ? action.items.map(({ account }) => account) : [];
}

/** Something that would have been done and why it was not; a name to count by, and the account. */
export interface Skip {
  readonly account: AccountId;
  readonly duty: Duty;
  readonly reason:
    | "gasUnknown"
    | "notProfitable"
    | "lossBudgetSpent"
    | "quoteBalance"
    | "noSwapQuote"
    | "swapTooDear"
    | "notTakeable"
    | "paused"
    | "belowMinimum"
    | "brake"
    | "vaultBrake"
    | "standby";
}

/** What may be lost by waiting is the lenders' money; by acting, gas: the vault checks everything again. */
export function cannotWait({ duty }: Action): boolean {
  return duty === "liquidateCritical" || duty === "approve";
}
