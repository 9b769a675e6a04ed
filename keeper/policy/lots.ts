import { workSaleOpening } from "../../sdk/forfeited.ts";
import { unstoppedMoment } from "../../sdk/clockState.ts";
import { Refusal, Status, type VaultMoment } from "../../sdk/vaultTypes.ts";
import type { Skip } from "./action.ts";
import type { Assessment } from "./assess.ts";
import { bestTake, type BestTake } from "./bestTake.ts";
import { leastSaleCost } from "./flash.ts";
import { costOf } from "./gasCost.ts";
import type { PolicySettings, Snapshot } from "./snapshot.ts";

/** Whether a lot is not on sale: its sale was never opened, or lapsed. */
export function isUnsold({ isLot, status }: Assessment): boolean {
  return isLot && (status === Status.Healthy || status === Status.Lapsed);
}

/**
 * Why not to open the sale of a lot; undefined when it is worth it. Opening pays nothing, so that it is done only for
 * what the keeper itself would buy: at the deepest discount, with what it has or by a sale that costs no more than the
 * pools' fees, it has to earn the gas of both.
 */
export function whyNotSell(
  lot: Assessment,
  { gas, wallet }: Snapshot,
  settings: PolicySettings,
  moment: VaultMoment,
): Skip["reason"] | undefined {
  if (workSaleOpening(lot.account, moment).refusal !== Refusal.None) return "notTakeable";
  const costWith = (kind: "take" | "flashTake") => costOf(gas, gas.perAccount.open + gas.perAccount[kind]);
  const [cost, flashCost] = [costWith("take"), costWith("flashTake")];
  if (cost === undefined || flashCost === undefined) return "gasUnknown";
  const { rampSeconds, auctionSeconds } = moment.risk;
  const deepest = rampSeconds < auctionSeconds ? rampSeconds : auctionSeconds - 1n;
  const onSale = { ...lot, account: { ...lot.account, deadline: 1n, auctionStart: 1n } };
  const then = { ...moment, clock: unstoppedMoment(1n + deepest) };
  const byHand = bestTake(onSale, then, wallet.quote);
  if (byHand !== undefined && byHand.gain >= cost + settings.profitMargin) return undefined;
  const bySale = bestTake(onSale, then);
  const left = bySale && leftBySale(bySale, settings);
  return left !== undefined && left >= flashCost + settings.profitMargin ? undefined : "notProfitable";
}

function leftBySale(
  { asset, gain, payment }: BestTake,
  { flashLiquidator }: PolicySettings,
): bigint | undefined {
  const saleCost = leastSaleCost(flashLiquidator, asset, payment + gain);
  return saleCost === undefined ? undefined : gain - saleCost;
}
