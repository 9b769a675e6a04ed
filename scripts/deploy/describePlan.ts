import { ZeroAddress } from "ethers";
import type { VaultPlan } from "./plan.ts";

/** A plan in words, a line each: every value of it, so that whoever agrees has seen what he agrees to. */
export function describePlan(plan: VaultPlan): string[] {
  const { quote, rates, fee, riskTerms, sequencerFeed } = plan;
  return [
    `${plan.shareName} (${plan.shareSymbol}), lending ${quote.asset}`,
    `  parameters: ${plan.owner}, after ${plan.riskDelaySeconds} s`,
    `  roles: ${plan.admin}, after ${plan.adminDelaySeconds} s`,
    `  at once: steward ${plan.steward} (lower limits), guardian ${plan.guardian} (pauses)`,
    `  sequencer's uptime feed ${sequencerFeed === ZeroAddress ? "none" : sequencerFeed}`,
    `  quote feed ${quote.feed}, stale after ${quote.maxAgeSeconds} s`,
    `  rates a year, times 1e18: ${listed(rates)}`,
    `  fee ${fee.feeBps} bps of interest to ${fee.recipient}`,
    `  terms: ${listed(riskTerms)}`,
    ...plan.collaterals.flatMap(describeCollateral),
  ];
}

function describeCollateral(collateral: VaultPlan["collaterals"][number]): string[] {
  const { asset, feed, maxAgeSeconds, deadAgeSeconds, guard, expected, volatility } = collateral;
  const { initialBps, maintenanceBps, liquidationBps, maxDiscountBps, cap } = collateral;
  const weights = `${initialBps} / ${maintenanceBps} / ${liquidationBps}`;
  return [
    `  collateral ${asset}`,
    `    feed ${feed}, stale after ${maxAgeSeconds} s, dead after ${deadAgeSeconds} s`,
    `    expected of it: ${listed(expected)}`,
    `    initial / maintenance / liquidation ${weights} bps, discount to ${maxDiscountBps} bps, cap ${cap} base units`,
    ...(guard === undefined ? [] : [`    guard: ${listed(guard)}`]),
    ...(volatility === undefined ? [] : [`    weights follow volatility: ${listed(volatility)}`]),
  ];
}

function listed(values: object): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(", ");
}
