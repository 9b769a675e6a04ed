import { MAX_UINT256 } from "../../sdk/fixedPoint.ts";
import { valueDown } from "../../sdk/healthMath.ts";
import { workTake, type Take } from "../../sdk/liquidation.ts";
import { numbersIn } from "../../sdk/valuation.ts";
import { Refusal, type AccountState, type VaultMoment } from "../../sdk/vaultTypes.ts";

/** The take of an account that earns most. Quote base units. */
export interface BestTake {
  readonly take: Take;
  readonly asset: string;
  /** Debt repaid and insurance share. */
  readonly payment: bigint;
  /** Worth of the collateral received above the payment; negative only by rounding. */
  readonly gain: bigint;
}

/** The most profitable take the vault would accept at this moment for at most `maxPay`; undefined when it accepts none. */
export function bestTake(
  account: AccountState,
  moment: VaultMoment,
  maxPay: bigint = MAX_UINT256 >> 64n,
): BestTake | undefined {
  let best: BestTake | undefined;
  for (const number of numbersIn(account.collateralSet)) {
    const asset = moment.collaterals[number]?.asset;
    const take = workTake(account, moment, { number, maxRepay: maxPay });
    if (asset === undefined || take.refusal !== Refusal.None) continue;
    const payment = take.repaid + take.insured;
    const gain = valueDown(take.seized, take.price36) - payment;
    if (best === undefined || gain > best.gain) best = { take, asset, payment, gain };
  }
  return best;
}

/**
 * The uptime at which the account's auction first earns `needed`, prices and debt staying as they are; undefined when it
 * never does. The discount only rises until the ramp's end, so halving the interval finds the moment to the second.
 */
export function profitableAt(account: AccountState, moment: VaultMoment, needed: bigint): bigint | undefined {
  const earns = (uptime: bigint) => {
    const best = bestTake(account, { ...moment, clock: { ...moment.clock, uptime } });
    return best !== undefined && best.gain >= needed;
  };
  const { rampSeconds, auctionSeconds } = moment.risk;
  const { uptime } = moment.clock;
  let low = uptime > account.deadline ? uptime : account.deadline;
  let high = account.auctionStart + (rampSeconds < auctionSeconds ? rampSeconds : auctionSeconds - 1n);
  if (high < low) high = low;
  if (!earns(high)) return undefined;
  while (low < high) {
    const middle = (low + high) / 2n;
    if (earns(middle)) high = middle;
    else low = middle + 1n;
  }
  return high;
}
