import type { AccountId } from "../../sdk/accountId.ts";
import { mulDivDown } from "../../sdk/fixedPoint.ts";
import type { SwapRoute } from "../../sdk/flashLiquidator.ts";

/** A configured way to sell a collateral. */
export interface FlashRoute extends SwapRoute {
  /** As `encodeSwapPath` packs it. */
  readonly path: string;
}

/** The operator's wishes about selling at once. */
export interface FlashSettings {
  readonly routes: readonly FlashRoute[];
  /** Whether collateral is kept, so that no more of it is sold than the payment costs. */
  readonly keepsCollateral: boolean;
  /** What selling later is assumed to cost, of the worth at the oracle's price. */
  readonly assumedSaleCostBps: bigint;
  /** How much less than quoted a sale may bring, of its proceeds. */
  readonly toleranceBps: bigint;
}

/** What is known at a block of selling at once. */
export interface FlashView {
  /** How far below the oracle's price a sale may end; the contract's owner says so. */
  readonly maxSlippageBps: bigint;
  /** By account, in the order in which they are to be sold. */
  readonly quotes: ReadonlyMap<AccountId, FlashQuote>;
}

/** What a take's sale comes to after those before it; undefined where nobody knows. */
export interface FlashQuote {
  /** Quote base units that selling all of the collateral brings. */
  readonly sale: RoutedAmount | undefined;
  /** Base units of the collateral that buying the payment costs. */
  readonly purchase: RoutedAmount | undefined;
}

/** An amount and the path by which it is reached. */
export interface RoutedAmount {
  readonly amount: bigint;
  readonly path: string;
}

const FEE_SCALE = 1_000_000n;

/** The routes by which an asset may be sold. */
export function routesOf(flash: FlashSettings | undefined, asset: string): readonly FlashRoute[] {
  return (flash?.routes ?? []).filter(({ from }) => from.toLowerCase() === asset.toLowerCase());
}

/** What the fees alone of the cheapest route take of an amount, rounded down; undefined without a route. */
export function leastSaleCost(
  flash: FlashSettings | undefined,
  asset: string,
  amount: bigint,
): bigint | undefined {
  const fees = routesOf(flash, asset).map(({ hops }) => hops.reduce((sum, { fee }) => sum + fee, 0));
  return fees.length === 0 ? undefined : mulDivDown(amount, BigInt(Math.min(...fees)), FEE_SCALE);
}
