import type { ContractRunner } from "ethers";
import { readFeed } from "./feedAsItIs.ts";
import { parseDecimal } from "../demo/prices/decimal.ts";
import type { VaultPlan } from "./plan.ts";

const PLACES = 18;
const BPS = 10_000n;

/**
 * Holds each feed of a plan against what the plan expects of it, as the configurator will at listing: one sentence for
 * each difference. A feed that does not answer is a difference too.
 */
export async function checkFeeds(runner: ContractRunner, plan: VaultPlan): Promise<string[]> {
  const quote = await readFeed(runner, plan.quote.feed).catch(() => undefined);
  if (quote === undefined || quote.answer <= 0n) return [`the quote feed ${plan.quote.feed} gives no answer`];
  const problems: string[] = [];
  for (const { feed, expected } of plan.collaterals) {
    const found = await readFeed(runner, feed).catch(() => undefined);
    if (found === undefined || found.answer <= 0n) {
      problems.push(`feed ${feed} gives no answer`);
      continue;
    }
    if (found.decimals !== expected.feedDecimals) {
      problems.push(`feed ${feed} has ${found.decimals} decimals, planned ${expected.feedDecimals}`);
    }
    if (found.description !== expected.description) {
      problems.push(`feed ${feed} is "${found.description}", planned "${expected.description}"`);
    }
    const scale = 10n ** BigInt(PLACES + quote.decimals);
    const price = (found.answer * scale) / (10n ** BigInt(found.decimals) * quote.answer);
    const wanted = parseDecimal(expected.price, PLACES) ?? 0n;
    const difference = price > wanted ? price - wanted : wanted - price;
    if (difference * BPS > wanted * BigInt(expected.toleranceBps)) {
      const tolerated = `${expected.price} with ${expected.toleranceBps} bps`;
      problems.push(`feed ${feed} says ${decimal(price)}, planned ${tolerated}`);
    }
  }
  return problems;
}

function decimal(price: bigint): string {
  const unit = 10n ** BigInt(PLACES);
  return `${String(price / unit)}.${String(price % unit).padStart(PLACES, "0")}`.replace(/\.?0+$/, "");
}
