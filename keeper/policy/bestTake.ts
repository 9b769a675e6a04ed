import { auctionStartAt, deadlineAt } from "../../sdk/callClock.ts";
import { BPS, MAX_UINT256, mulDivDown, WAD } from "../../sdk/fixedPoint.ts";
import { workSale } from "../../sdk/forfeited.ts";
import { valueDown } from "../../sdk/healthMath.ts";
import { workTake, type Take } from "../../sdk/liquidation.ts";
import { numbersIn } from "../../sdk/valuation.ts";
import { Refusal, type VaultMoment } from "../../sdk/vaultTypes.ts";
import type { Assessment } from "./assess.ts";

/** The take of an account that earns most. Quote base units. */
export interface BestTake {
  readonly take: Take;
  readonly asset: string;
  /** Debt repaid and insurance share; out of a lot the price, which is all the insurance's. */
  readonly payment: bigint;
  /** The most to offer, where the vault's brake leaves room for a part only. */
  readonly limit: bigint | undefined;
  /** Worth of the collateral received above the payment; negative only by rounding. */
  readonly gain: bigint;
}

/** Of the room in a bucket, for a discount or a price that is higher when the take is mined. */
const ROOM_LEFT_BPS = 100n;

type Subject = Pick<Assessment, "account" | "isLot">;

/** The most profitable take the vault would accept at this moment for at most `maxPay`; undefined when it accepts none. */
export function bestTake(
  { account, isLot }: Subject,
  moment: VaultMoment,
  maxPay: bigint = MAX_UINT256 >> 64n,
): BestTake | undefined {
  const work = isLot ? workSale : workTake;
  let best: BestTake | undefined;
  for (const number of numbersIn(account.collateralSet)) {
    const asset = moment.collaterals[number]?.asset;
    const whole = work(account, moment, { number, maxRepay: maxPay });
    // What is above its floor may be sold in the part that the brake leaves room for.
    const limit = whole.refusal === Refusal.Braked ? paymentWithin(whole) : undefined;
    const take = limit === undefined ? whole : work(account, moment, { number, maxRepay: limit });
    if (asset === undefined || take.refusal !== Refusal.None) continue;
    const payment = take.repaid + take.insured;
    const gain = valueDown(take.seized, take.price36) - payment;
    if (best === undefined || gain > best.gain) best = { take, asset, payment, limit, gain };
  }
  return best;
}

/** The most to pay so that the collateral is worth no more than the room the brake has left, `found`. */
function paymentWithin({ found, discountWad, insured, repaid, before }: Take): bigint {
  const used = mulDivDown(found, BPS - ROOM_LEFT_BPS, BPS);
  const price = mulDivDown(used, WAD - discountWad, WAD);
  // Out of a lot all that is paid is the price; of an account the insurance share comes on top of it.
  const isLot = before.debt === 0n;
  return isLot || repaid === 0n ? price : price + mulDivDown(insured, price, repaid);
}

/**
 * The uptime at which the account's auction first earns `needed`, prices and debt staying as they are and no pause or
 * brake refusing it; undefined when it never does. The discount only rises until the ramp's end, so halving the interval
 * finds the moment to the second.
 */
export function profitableAt(subject: Subject, moment: VaultMoment, needed: bigint): bigint | undefined {
  const { account } = subject;
  const { clock, risk } = moment;
  const earns = (uptime: bigint) => {
    const unpaused = { ...clock, uptime, isLiquidationPaused: false };
    const best = bestTake(subject, { ...moment, clock: unpaused, brakes: [] });
    return best !== undefined && best.gain >= needed;
  };
  const { rampSeconds, auctionSeconds } = risk;
  const deadline = deadlineAt(account, clock);
  let low = clock.uptime > deadline ? clock.uptime : deadline;
  let high =
    auctionStartAt(account, clock) + (rampSeconds < auctionSeconds ? rampSeconds : auctionSeconds - 1n);
  if (high < low) high = low;
  if (!earns(high)) return undefined;
  while (low < high) {
    const middle = (low + high) / 2n;
    if (earns(middle)) high = middle;
    else low = middle + 1n;
  }
  return high;
}
