import { isOwnedBy, type AccountId } from "../../sdk/accountId.ts";
import { roomOf } from "../../sdk/brake.ts";
import { deadlineAt, mayClose, statusAt } from "../../sdk/callClock.ts";
import { momentAt } from "../../sdk/clockState.ts";
import type { Valuation } from "../../sdk/healthMath.ts";
import { debtIndexAt } from "../../sdk/interest.ts";
import { valuationOf } from "../../sdk/valuation.ts";
import type { AccountState, Status, VaultMoment } from "../../sdk/vaultTypes.ts";
import type { Snapshot } from "./snapshot.ts";

/** An account at the moment an action would take effect. */
export interface Assessment {
  readonly id: AccountId;
  readonly account: AccountState;
  readonly valuation: Valuation;
  readonly status: Status;
  /** Whether an open call may end. */
  readonly mayClose: boolean;
  /** Whether the status holds now already, and not only when the next block is expected: time may come later. */
  readonly isFirm: boolean;
  /** Whether it is what defaults left of a collateral: it owes nothing, and a call on it is its sale. */
  readonly isLot: boolean;
}

/** Those that something may be done about: what a deadline still ahead forbids would be refused now; its own block comes. */
export function freeOf(assessments: readonly Assessment[], { busy }: Pick<Snapshot, "busy">): Assessment[] {
  return assessments.filter(({ id, isFirm }) => isFirm && !busy.has(id));
}

/** What an account's standing depends on beside the account. */
export type Circumstances = Pick<Snapshot, "vault" | "prices" | "rates" | "clock" | "actAt">;

/** Everything but the accounts at the moment an action would take effect. */
export function momentOf({ vault, prices, rates, clock, actAt }: Circumstances): VaultMoment {
  const { collaterals, risk, brakes } = vault;
  const moment = momentAt(clock, actAt);
  return {
    collaterals,
    risk,
    prices,
    debtIndex: debtIndexAt(vault.pool, actAt, rates),
    clock: moment,
    ...(brakes.length > 0 && { brakes: brakes.map((brake) => roomOf(brake, moment.uptime)) }),
  };
}

/** Of the snapshot's accounts every one with debt and every lot, by the contract's own arithmetic. */
export function assess(
  { accounts, vaultAddress, clock: present }: Snapshot,
  { collaterals, prices, debtIndex, risk, clock }: VaultMoment,
): Assessment[] {
  const assessments: Assessment[] = [];
  for (const [id, account] of accounts) {
    const isLot = account.debtShares === 0n && account.collateralSet !== 0 && isOwnedBy(id, vaultAddress);
    if (account.debtShares === 0n && !isLot) continue;
    const valuation = valuationOf(account, collaterals, prices, debtIndex);
    const { deadline } = account;
    const status = statusAt(valuation, account, risk.auctionSeconds, clock);
    const isDue = () => statusAt(valuation, account, risk.auctionSeconds, present.moment) === status;
    assessments.push({
      id,
      account,
      valuation,
      status,
      mayClose: !isLot && deadline !== 0n && mayClose(valuation, deadlineAt(account, clock), clock.uptime),
      isFirm: deadline === 0n || isDue(),
      isLot,
    });
  }
  return assessments;
}
