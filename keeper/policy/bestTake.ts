import { auctionStartAt, deadlineAt } from "../../sdk/callClock.ts";
import { MAX_UINT256 } from "../../sdk/fixedPoint.ts";
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
  /** Worth of the collateral received above the payment; negative only by rounding. */
  readonly gain: bigint;
}

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
    const take = work(account, moment, { number, maxRepay: maxPay });
    if (asset === undefined || take.refusal !== Refusal.None) continue;
    const payment = take.repaid + take.insured;
    const gain = valueDown(take.seized, take.price36) - payment;
    if (best === undefined || gain > best.gain) best = { take, asset, payment, gain };
  }
  return best;
}

/**
 * The uptime at which the account's auction first earns `needed`, prices and debt staying as they are and no pause
 * refusing it; undefined when it never does. The discount only rises until the ramp's end, so halving the interval finds
 * the moment to the second.
 */
export function profitableAt(subject: Subject, moment: VaultMoment, needed: bigint): bigint | undefined {
  const { account } = subject;
  const { clock, risk } = moment;
  const earns = (uptime: bigint) => {
    const unpaused = { ...clock, uptime, isLiquidationPaused: false };
    const best = bestTake(subject, { ...moment, clock: unpaused });
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
