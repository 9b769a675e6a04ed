import { auctionStartAt, deadlineAt, mayClose, statusAt } from "../../../../sdk/callClock.ts";
import { valuationOf } from "../../../../sdk/valuation.ts";
import type { AccountState, VaultMoment } from "../../../../sdk/vaultTypes.ts";
import type { AccountStanding } from "../../../../keeper/index/accountIndex.ts";

/** How one account stands by the exact mirror alone: what the index has to say of it. */
export function scanned(account: AccountState, moment: VaultMoment): AccountStanding {
  const { collaterals, prices, debtIndex, risk, clock } = moment;
  const v = valuationOf(account, collaterals, prices, debtIndex);
  const hasCall = account.deadline !== 0n && account.debtShares !== 0n;
  return {
    status: statusAt(v, account, risk.auctionSeconds, clock),
    mayClose: hasCall && mayClose(v, deadlineAt(account, clock), clock.uptime),
    isHopeless: v.value < v.debt && v.value < risk.dustValue,
  };
}

/** Whether time alone will change how an account stands, healthy or not: its deadline, or its auction's end, is ahead. */
export function waitsForTime(account: AccountState, { clock, risk }: VaultMoment): boolean {
  if (account.deadline === 0n) return false;
  if (clock.uptime < deadlineAt(account, clock)) return true;
  return risk.auctionSeconds > 0n && clock.uptime < auctionStartAt(account, clock) + risk.auctionSeconds;
}
