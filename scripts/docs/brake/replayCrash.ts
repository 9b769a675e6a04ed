import type { Brake } from "../../../sdk/brake.ts";
import type { AccountState, CollateralTerms, RiskTerms, VaultMoment } from "../../../sdk/vaultTypes.ts";
import type { Temper } from "../../demo/replay/responses.ts";
import { Borrowers } from "./borrowers.ts";
import { IdealKeeper } from "./idealKeeper.ts";
import { Market, type MarketTerms } from "./market.ts";
import { VaultModel, type Act } from "./vaultModel.ts";

/** A price from a moment on. */
export interface PricePoint {
  /** Unix seconds. */
  readonly at: number;
  readonly price36: bigint;
}

/** A collateral of the replay. */
export interface ReplayCollateral {
  readonly terms: CollateralTerms;
  /** Times ascending; the first at or before the replay's beginning. */
  readonly course: readonly PricePoint[];
  /** Without it, sales leave the price alone. */
  readonly market?: MarketTerms | undefined;
  /** Without it, anything may be sold at once. */
  readonly brake?: Pick<Brake, "burst" | "perHour"> | undefined;
}

export interface ReplayPlan {
  readonly collaterals: readonly ReplayCollateral[];
  readonly risk: RiskTerms;
  readonly accounts: readonly AccountState[];
  /** Of each account's owner. */
  readonly tempers: readonly Temper[];
  /** Unix seconds, which are the uptime as well: the clock never stops. */
  readonly from: number;
  readonly to: number;
  readonly stepSeconds: number;
  /** What a taker wants to be left with, of the worth taken. */
  readonly hurdleBps: bigint;
}

/** One block, after all that happened in it. */
export interface ReplayStep {
  readonly at: number;
  /** Everything but the accounts, with what the buckets hold now. */
  readonly moment: VaultMoment;
  /** As they are until the next step is asked for. */
  readonly accounts: readonly AccountState[];
  readonly acts: readonly Act[];
  /** Numbers of the accounts that somebody would have taken but for the brake. */
  readonly waiting: readonly number[];
}

/**
 * Replays prices over accounts by the SDK's mirror of the vault: in each block traders answer first, then an ideal
 * keeper does all that is worth doing. What is sold in a block moves the price of the next.
 */
export function* replayCrash(plan: ReplayPlan): Generator<ReplayStep, void> {
  const { collaterals, risk, accounts, from, to, stepSeconds } = plan;
  const vault = new VaultModel({
    collaterals: collaterals.map(({ terms }) => terms),
    risk,
    accounts,
    brakes: collaterals.map(({ brake }) => brake),
  });
  const assets = collaterals.map(({ course, market }) => ({ course, market: new Market(market) }));
  const borrowers = new Borrowers(plan.tempers);
  const keeper = new IdealKeeper(plan.hurdleBps);
  for (let at = from; at <= to; at += stepSeconds) {
    vault.begin(
      BigInt(at),
      assets.map(({ course, market }) => market.priceAt(priceAt(course, at), at)),
    );
    borrowers.act(vault, at);
    const waiting = keeper.act(vault);
    const { acts, moment } = vault;
    borrowers.notice(acts, vault, at);
    for (const act of acts) if (act.kind === "taken") assets[act.take.number]?.market.sell(act.worth);
    yield { at, moment, accounts: vault.accounts, acts, waiting };
  }
}

function priceAt(course: readonly PricePoint[], at: number): bigint {
  const point = course.findLast((candidate) => candidate.at <= at);
  if (point === undefined) throw new RangeError(`no price at ${at}`);
  return point.price36;
}
