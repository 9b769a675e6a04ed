import { standing, type Standing } from "../../../keeper/index/standing.ts";
import { deadlineAt, mayClose, statusAt } from "../../../sdk/callClock.ts";
import { valuationOf } from "../../../sdk/valuation.ts";
import type { AccountState, VaultMoment } from "../../../sdk/vaultTypes.ts";

/** How an account stands by the exact mirror alone; what the index says is measured against this. */
export function scan(account: AccountState, moment: VaultMoment): Standing {
  const { collaterals, prices, debtIndex, risk, clock } = moment;
  const v = valuationOf(account, collaterals, prices, debtIndex);
  const hasCall = account.deadline !== 0n && account.debtShares !== 0n;
  return standing(
    statusAt(v, account, risk.auctionSeconds, clock),
    hasCall && mayClose(v, deadlineAt(account, clock), clock.uptime),
    v.value < v.debt && v.value < risk.dustValue,
  );
}
