import { auctionStartAt, deadlineAt, statusAt } from "./callClock.ts";
import { ratioWadDown, shortfallUp, type Valuation } from "./healthMath.ts";
import { valuationOf } from "./valuation.ts";
import type { AccountState, Status, VaultMoment } from "./vaultTypes.ts";

/** An account in numbers, the mirror of `marginOf`. Amounts in quote base units, times in uptime. */
export interface Margin extends Valuation {
  /** maintenanceValue / debt, times 1e18, rounded down; the largest uint256 without debt. */
  readonly healthWad: bigint;
  /** liquidationValue / debt, times 1e18, rounded down; the largest uint256 without debt. */
  readonly floorHealthWad: bigint;
  /** The maintenance value missing to the cure level, rounded up; zero at or above it. */
  readonly shortfall: bigint;
  readonly status: Status;
  readonly calledAt: bigint;
  /** With the protection that stops of the clock give it; zero without an open call. */
  readonly deadline: bigint;
  readonly auctionStart: bigint;
}

/** An account in numbers; undefined where the contract reverts, for an account with debt and no prices. */
export function marginOf(account: AccountState, moment: VaultMoment): Margin | undefined {
  const { collaterals, prices, risk, debtIndex, clock } = moment;
  if (account.debtShares !== 0n && !prices.available) return undefined;
  const v = valuationOf(account, collaterals, prices, debtIndex);
  return {
    ...v,
    healthWad: ratioWadDown(v.maintenanceValue, v.debt),
    floorHealthWad: ratioWadDown(v.liquidationValue, v.debt),
    shortfall: shortfallUp(v),
    status: statusAt(v, account, risk.auctionSeconds, clock),
    calledAt: account.calledAt,
    deadline: deadlineAt(account, clock),
    auctionStart: auctionStartAt(account, clock),
  };
}
