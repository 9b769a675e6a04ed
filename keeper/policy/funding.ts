import { BPS, mulDivUp } from "../../sdk/fixedPoint.ts";
import { Sale } from "../../sdk/flashLiquidator.ts";

/** A take that is worth thinking about. Quote base units. */
export interface FundingPlan {
  /** What the vault will ask for. */
  readonly payment: bigint;
  /** The most that it is allowed to ask for, which has to be there when it is paid by hand. */
  readonly maxPayment: bigint;
  /** What the collateral is worth at the oracle's price. */
  readonly worth: bigint;
  /** What selling all of the collateral brings, after the sales planned before it; undefined while unknown. */
  readonly proceeds: bigint | undefined;
  /** What the collateral is worth that buying the payment costs, at the oracle's price; undefined while unknown. */
  readonly costOfPayment: bigint | undefined;
  /** What it has to earn after gas; below zero for one that may lose something. */
  readonly leastProfit: bigint;
}

/** What there is to pay with, and what using it costs. Quote base units. */
export interface FundingMeans {
  /** What is at hand and approved. */
  readonly inventory: bigint;
  /** Whether there is a flash liquidator that this keeper may use. */
  readonly hasFlash: boolean;
  /** Gas of a take paid for by hand. */
  readonly inventoryGasCost: bigint;
  /** Gas of a take that sells in the same transaction. */
  readonly flashGasCost: bigint;
}

/** The operator's wishes. */
export interface FundingSettings {
  /** Whether the operator keeps collateral, so that it counts at the oracle's price, or will sell it. */
  readonly keepsCollateral: boolean;
  /** What selling later is assumed to cost, of the worth at the oracle's price. */
  readonly assumedSaleCostBps: bigint;
  /** Gas of a sale that is made later, quote base units. */
  readonly laterSaleGasCost: bigint;
  /** How much less than quoted a sale in the same transaction may bring, of its proceeds: others trade before it. */
  readonly toleranceBps: bigint;
}

/** How a take is paid for. `profit` is after gas and after the sale, quote base units. */
export type Funding =
  | { readonly kind: "inventory"; readonly profit: bigint }
  | {
      readonly kind: "flash";
      readonly sale: Sale;
      readonly profit: bigint;
      /** For the contract, which knows nothing of gas: the least that it may leave. */
      readonly minProfit: bigint;
    }
  | { readonly kind: "none"; readonly reason: "notFunded" | "notProfitable" };

/** A way of paying, and whether it leaves enough. */
interface Way {
  readonly funding: Exclude<Funding, { kind: "none" }>;
  readonly suffices: boolean;
}

/**
 * The way of paying that leaves most, of those that leave enough. Of equal ones the flash liquidator's: what is sold at
 * once has no price to wait for.
 */
export function chooseFunding(plan: FundingPlan, means: FundingMeans, settings: FundingSettings): Funding {
  const ways = [...flashWays(plan, means, settings), ...inventoryWays(plan, means, settings)];
  const enough = ways.filter(({ suffices }) => suffices).map(({ funding }) => funding);
  const [first, ...others] = enough;
  if (first === undefined) return { kind: "none", reason: ways.length === 0 ? "notFunded" : "notProfitable" };
  return others.reduce((best, way) => (way.profit > best.profit ? way : best), first);
}

/**
 * What each of several sales through the same pools adds, from quotes of their running sums. A price only falls while
 * one sells, so that this is the least a sale brings, whichever of those before it are made. Undefined where its own
 * sum is unknown, or the one before.
 */
export function marginalProceeds(quotesOfSums: readonly (bigint | undefined)[]): (bigint | undefined)[] {
  return quotesOfSums.map((quote, i) => {
    const before = i === 0 ? 0n : quotesOfSums[i - 1];
    return quote === undefined || before === undefined ? undefined : quote - before;
  });
}

/** The running sums of amounts: what to ask a quoter for. */
export function runningSums(amounts: readonly bigint[]): bigint[] {
  let sum = 0n;
  return amounts.map((amount) => (sum += amount));
}

function flashWays(plan: FundingPlan, means: FundingMeans, settings: FundingSettings): Way[] {
  const { payment, worth, proceeds, costOfPayment } = plan;
  if (!means.hasFlash) return [];
  const ways: Way[] = [];
  const add = (sale: Sale, left: bigint, traded: bigint) => {
    ways.push(flashWay(sale, left, traded, plan, means, settings));
  };
  if (proceeds !== undefined) add(Sale.All, proceeds - payment, proceeds);
  if (settings.keepsCollateral && costOfPayment !== undefined) {
    add(Sale.Payment, worth - costOfPayment, costOfPayment);
  }
  return ways;
}

/**
 * @param left What the contract is left with, before gas.
 * @param traded What goes through the pools, and so may turn out worse than quoted.
 */
function flashWay(
  sale: Sale,
  left: bigint,
  traded: bigint,
  { leastProfit }: FundingPlan,
  { flashGasCost }: FundingMeans,
  { toleranceBps }: FundingSettings,
): Way {
  // Nobody adds to what a sale brings: what may be lost is the gas, never more. And a sale for nothing is none.
  const least = larger(1n, flashGasCost + leastProfit);
  const minProfit = larger(least, left - mulDivUp(traded, toleranceBps, BPS));
  return {
    funding: { kind: "flash", sale, profit: left - flashGasCost, minProfit },
    suffices: left >= least,
  };
}

function inventoryWays(plan: FundingPlan, means: FundingMeans, settings: FundingSettings): Way[] {
  if (plan.maxPayment > means.inventory) return [];
  const profit = heldWorth(plan, settings) - plan.payment - means.inventoryGasCost;
  return [{ funding: { kind: "inventory", profit }, suffices: profit >= plan.leastProfit }];
}

/** What the collateral is worth to an operator who has it in hand; no quote has a say in it, for it may be a bad one. */
function heldWorth({ worth }: FundingPlan, settings: FundingSettings): bigint {
  if (settings.keepsCollateral) return worth;
  return worth - mulDivUp(worth, settings.assumedSaleCostBps, BPS) - settings.laterSaleGasCost;
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
