import type { AccountId } from "../../sdk/accountId.ts";
import { CLOSE_LEVEL_WAD, WARNING_LEVEL_WAD } from "../../sdk/healthMath.ts";
import { WAD } from "../../sdk/fixedPoint.ts";
import { marginOf } from "../../sdk/margin.ts";
import type { AccountState, VaultMoment } from "../../sdk/vaultTypes.ts";

/** The book as the audit walks through it. */
export interface AuditView {
  /** One above the last place. */
  readonly end: number;
  /** The account at a place; undefined for an empty one. */
  at(place: number): readonly [AccountId, AccountState] | undefined;
  account(id: AccountId): AccountState | undefined;
}

/** Accounts compared with the contract in a block: so many in turn, and so many that stand near a threshold. */
const IN_TURN = 4;
const NEAR = 4;
/** Places walked in a block, and accounts remembered for standing near: nothing is sorted as a whole. */
const WALKED = 256;
const REMEMBERED = 32;
/** What decides about an account: calling, closing, warning by its health; the floor by its floor health. */
const HEALTH_LEVELS = [WAD, CLOSE_LEVEL_WAD, WARNING_LEVEL_WAD];

/**
 * Chooses which accounts to compare: all of them in turn, and in every block some of those to which the smallest error
 * makes the greatest difference. Walking finds new ones; those found stay as long as nothing nearer comes.
 */
export class AuditSample {
  #place = 0;
  #near: readonly AccountId[] = [];
  #nearTurn = 0;

  next(view: AuditView, moment: VaultMoment): readonly AccountId[] {
    const walked = this.#walk(view);
    this.#near = nearest([...this.#near, ...walked], view, moment);
    const inTurn = walked.slice(0, IN_TURN);
    // The nearest always, the others of those remembered one after another.
    const [first, ...others] = this.#near;
    this.#nearTurn = others.length === 0 ? 0 : (this.#nearTurn + NEAR - 1) % others.length;
    const turned = [...others.slice(this.#nearTurn), ...others.slice(0, this.#nearTurn)];
    const near = first === undefined ? [] : [first, ...turned.slice(0, NEAR - 1)];
    return [...new Set([...inTurn, ...near])];
  }

  /** The next accounts in the order of their places, from the beginning again after the last; each at most once. */
  #walk(view: AuditView): AccountId[] {
    const found: AccountId[] = [];
    const steps = Math.min(WALKED, view.end);
    let next = this.#place;
    for (let step = 0; step < steps; ++step) {
      const place = (this.#place + step) % view.end;
      const entry = view.at(place);
      if (entry === undefined) continue;
      found.push(entry[0]);
      // What is walked over is judged for nearness only; whoever is compared in turn moves the turn on.
      if (found.length <= IN_TURN) next = place + 1;
    }
    this.#place = view.end === 0 ? 0 : next % view.end;
    return found;
  }
}

function nearest(ids: readonly AccountId[], view: AuditView, moment: VaultMoment): readonly AccountId[] {
  const distances = new Map<AccountId, bigint>();
  for (const id of ids) {
    const state = view.account(id);
    if (state === undefined || state.debtShares === 0n) continue;
    const distanceWad = distanceOf(state, moment);
    if (distanceWad !== undefined) distances.set(id, distanceWad);
  }
  const sorted = [...distances].sort(([, a], [, b]) => (a < b ? -1 : a > b ? 1 : 0));
  return sorted.slice(0, REMEMBERED).map(([id]) => id);
}

/** How far from the next threshold, on either side; undefined without prices. */
function distanceOf(state: AccountState, moment: VaultMoment): bigint | undefined {
  const margin = marginOf(state, moment);
  if (margin === undefined) return undefined;
  const { healthWad, floorHealthWad } = margin;
  const away = [...HEALTH_LEVELS.map((level) => healthWad - level), floorHealthWad - WAD].map((difference) =>
    difference < 0n ? -difference : difference,
  );
  return away.reduce((least, each) => (each < least ? each : least));
}
