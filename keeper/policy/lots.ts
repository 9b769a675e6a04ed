import { workSaleOpening } from "../../sdk/forfeited.ts";
import { unstoppedMoment } from "../../sdk/clockState.ts";
import { Refusal, Status, type VaultMoment } from "../../sdk/vaultTypes.ts";
import type { Skip } from "./action.ts";
import type { Assessment } from "./assess.ts";
import { bestTake } from "./bestTake.ts";
import { costOf } from "./gasCost.ts";
import type { PolicySettings, Snapshot } from "./snapshot.ts";

/** Whether a lot is not on sale: its sale was never opened, or lapsed. */
export function isUnsold({ isLot, status }: Assessment): boolean {
  return isLot && (status === Status.Healthy || status === Status.Lapsed);
}

/**
 * Why not to open the sale of a lot; undefined when it is worth it. Opening pays nothing, so that it is done only for
 * what the keeper itself would buy: at the deepest discount, with what it has, it has to earn the gas of both.
 */
export function whyNotSell(
  lot: Assessment,
  { gas, wallet }: Snapshot,
  settings: PolicySettings,
  moment: VaultMoment,
): Skip["reason"] | undefined {
  if (workSaleOpening(lot.account, moment).refusal !== Refusal.None) return "notTakeable";
  const cost = costOf(gas, gas.perAccount.open + gas.perAccount.take);
  if (cost === undefined) return "gasUnknown";
  const { rampSeconds, auctionSeconds } = moment.risk;
  const deepest = rampSeconds < auctionSeconds ? rampSeconds : auctionSeconds - 1n;
  const onSale = { ...lot, account: { ...lot.account, deadline: 1n, auctionStart: 1n } };
  const then = { ...moment, clock: unstoppedMoment(1n + deepest) };
  const best = bestTake(onSale, then, wallet.quote);
  return best !== undefined && best.gain >= cost + settings.profitMargin ? undefined : "notProfitable";
}
