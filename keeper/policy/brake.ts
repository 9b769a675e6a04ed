import type { AccountId } from "../../sdk/accountId.ts";
import { BPS } from "../../sdk/fixedPoint.ts";
import { numbersIn } from "../../sdk/valuation.ts";
import type { PriceOpinion } from "./secondOpinion.ts";

/** What one tick may do to the book on the word of the vault's own prices. */
export interface BrakeSettings {
  /** Share of all debt whose accounts may be acted against at once; 10,000 never brakes. */
  readonly maxShareBps: number;
  /** With fewer accounts than that it does not brake: in a small vault each is a large share. */
  readonly minAccounts: number;
}

/** An account that would be called, liquidated or written off. */
export interface BrakeSubject {
  readonly account: AccountId;
  /** Quote base units. */
  readonly debt: bigint;
  /** A bit for each collateral it holds: the prices that it is judged by. */
  readonly collateralSet: number;
  /** False for one below its floor, which may be the lenders' loss any minute. */
  readonly mayWait: boolean;
}

/** What the brake remembers, and what the operator says. */
export interface BrakeState {
  /** Whether it was engaged after the last decision. */
  readonly wasEngaged: boolean;
  readonly isConfirmed: boolean;
}

export interface BrakeView extends BrakeState {
  readonly subjects: readonly BrakeSubject[];
  /** All debt, quote base units. */
  readonly bookDebt: bigint;
  /** By collateral number. */
  readonly opinions: readonly PriceOpinion[];
}

/** How much of the book is concerned. */
export interface BrakeExtent {
  readonly accounts: number;
  /** Quote base units. */
  readonly debt: bigint;
  readonly bookDebt: bigint;
  /** Rounded up. */
  readonly shareBps: bigint;
}

/**
 * `free`: not enough of the book to ask anybody. `backed`: a second source agrees with every price that matters, or the
 * operator has said so. `engaged`: who is in `held` waits.
 */
export type Brake =
  | { readonly kind: "free"; readonly extent: BrakeExtent }
  | { readonly kind: "backed"; readonly extent: BrakeExtent; readonly by: "secondSource" | "operator" }
  | {
      readonly kind: "engaged";
      readonly extent: BrakeExtent;
      readonly held: ReadonlySet<AccountId>;
      /** Collaterals whose price nobody else confirms, of those that matter. */
      readonly unconfirmed: readonly number[];
    };

/**
 * An engaged brake lets go only when this fraction of the limit is left. What may not wait is done and gone by the next
 * block, and must not open the door for the rest.
 */
const RELEASE_FRACTION = 10n;

/** Whether so much of the book stands to be acted against that somebody else has to confirm the prices. Pure. */
export function brakeFor(view: BrakeView, settings: BrakeSettings): Brake {
  const { subjects, opinions } = view;
  const extent = extentOf(view);
  if (!isOver(extent, view.wasEngaged, settings)) return { kind: "free", extent };
  if (view.isConfirmed) return { kind: "backed", extent, by: "operator" };
  const doubted = subjects.filter(({ collateralSet }) => isDoubted(collateralSet, opinions));
  if (doubted.length === 0) return { kind: "backed", extent, by: "secondSource" };
  const numbers = new Set(doubted.flatMap(({ collateralSet }) => doubtedIn(collateralSet, opinions)));
  return {
    kind: "engaged",
    extent,
    held: new Set(doubted.filter(({ mayWait }) => mayWait).map(({ account }) => account)),
    unconfirmed: [...numbers].sort((a, b) => a - b),
  };
}

/** Whether a price that nobody confirms matters to an account that holds these. */
export function isDoubted(collateralSet: number, opinions: readonly PriceOpinion[]): boolean {
  return doubtedIn(collateralSet, opinions).length > 0;
}

function doubtedIn(collateralSet: number, opinions: readonly PriceOpinion[]): number[] {
  return numbersIn(collateralSet).filter((number) => opinions[number] !== "agrees");
}

function extentOf({ subjects, bookDebt }: BrakeView): BrakeExtent {
  const debt = subjects.reduce((sum, subject) => sum + subject.debt, 0n);
  // A book without debt has nobody to be acted against but what defaults left.
  const shareBps = bookDebt === 0n ? 0n : (debt * BPS + bookDebt - 1n) / bookDebt;
  return { accounts: subjects.length, debt, bookDebt, shareBps };
}

function isOver(
  { accounts, debt, bookDebt }: BrakeExtent,
  wasEngaged: boolean,
  { maxShareBps, minAccounts }: BrakeSettings,
): boolean {
  const limit = bookDebt * BigInt(maxShareBps);
  if (wasEngaged) return debt * BPS * RELEASE_FRACTION > limit;
  return accounts >= minAccounts && debt * BPS > limit;
}
