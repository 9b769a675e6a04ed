import { ZeroAddress, type Contract } from "ethers";
import type { VaultPlan } from "./plan.ts";

/** What this needs of a deployment that is under way. */
export interface GaugeSteps {
  /** Deploys `name`, or keeps an earlier one; `label` tells several of one name apart. */
  readonly deploy: (
    name: string,
    source: string,
    args: readonly unknown[],
    label?: string,
  ) => Promise<Contract>;
  readonly send: (step: string, transaction: Promise<{ wait: () => Promise<unknown> }>) => Promise<void>;
}

type CollateralPlan = VaultPlan["collaterals"][number];

/**
 * Deploys a gauge for each collateral whose weights are to follow volatility, and has the configurator follow it.
 * Returns the gauges by the collateral's number. What holds already is left alone, as is everything without `mayFollow`.
 */
export async function followVolatility(
  steps: GaugeSteps,
  plan: VaultPlan,
  vault: string,
  configurator: Contract,
  mayFollow: boolean,
): Promise<Map<number, string>> {
  const gauges = new Map<number, string>();
  for (const [number, collateral] of plan.collaterals.entries()) {
    if (collateral.volatility === undefined) continue;
    const { halfLifeSeconds, referenceWad, slopeBps, capBps, firstRoundId } = collateral.volatility;
    const args = [measuredFeedOf(collateral), halfLifeSeconds, referenceWad, firstRoundId];
    const label = `VolatilityGauge${number}`;
    const gauge = await steps.deploy("VolatilityGauge", "oracles/VolatilityGauge.sol", args, label);
    const address = await gauge.getAddress();
    gauges.set(number, address);
    const terms = await volatilityTermsOf(configurator, vault, collateral.asset);
    const isSo =
      terms.gauge === address && Number(terms.slopeBps) === slopeBps && Number(terms.capBps) === capBps;
    if (isSo || !mayFollow) continue;
    const transaction = configurator
      .getFunction("setVolatility")
      .send(vault, collateral.asset, address, slopeBps, capBps);
    await steps.send(`follow volatility of collateral ${number}`, transaction);
  }
  return gauges;
}

/** How the weights of a collateral follow volatility on the chain; undefined where they do not. */
export async function followedTermsOf(
  configurator: Contract,
  vault: string,
  asset: string,
): Promise<FollowedTerms | undefined> {
  const terms = await volatilityTermsOf(configurator, vault, asset);
  return terms.gauge === ZeroAddress ? undefined : terms;
}

/** `VolatilityTerms` of the configurator. */
export interface FollowedTerms {
  readonly gauge: string;
  readonly slopeBps: bigint;
  readonly capBps: bigint;
  /** The weights without any tightening. */
  readonly initialBps: bigint;
  readonly maintenanceBps: bigint;
}

async function volatilityTermsOf(
  configurator: Contract,
  vault: string,
  asset: string,
): Promise<FollowedTerms> {
  return (await configurator.getFunction("volatilityTerms").staticCall(vault, asset)) as FollowedTerms;
}

/** The feed whose rounds are measured. */
function measuredFeedOf({ feed, volatility }: CollateralPlan): string {
  return volatility?.feed ?? feed;
}
