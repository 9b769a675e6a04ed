import type { AccountId } from "../../sdk/accountId.ts";
import { deadlineAt, mayClose, statusAt } from "../../sdk/callClock.ts";
import { unstoppedMoment } from "../../sdk/clockState.ts";
import type { Valuation } from "../../sdk/healthMath.ts";
import { debtIndexAt } from "../../sdk/interest.ts";
import { valuationOf } from "../../sdk/valuation.ts";
import type { AccountState, Moment, Status, VaultMoment } from "../../sdk/vaultTypes.ts";
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
}

/** Everything but the accounts at the moment an action would take effect. */
export function momentOf(snapshot: Snapshot): VaultMoment {
  const { vault, prices, rates, actAt } = snapshot;
  return {
    collaterals: vault.collaterals,
    risk: vault.risk,
    prices,
    debtIndex: debtIndexAt(vault.pool, actAt, rates),
    clock: unstoppedMoment(actAt),
  };
}

/**
 * Every account with debt, by the contract's own arithmetic. All of them, every block: nothing is left out for having
 * looked safe before, and a thousand cost a few milliseconds. `now` is the uptime at the newest block.
 */
export function assess(
  accounts: ReadonlyMap<AccountId, AccountState>,
  moment: VaultMoment,
  now: bigint,
): Assessment[] {
  const { collaterals, prices, debtIndex, risk, clock } = moment;
  const assessments: Assessment[] = [];
  for (const [id, account] of accounts) {
    if (account.debtShares === 0n) continue;
    const valuation = valuationOf(account, collaterals, prices, debtIndex);
    const { deadline } = account;
    const statusOf = (at: Moment) => statusAt(valuation, account, risk.auctionSeconds, at);
    const status = statusOf(clock);
    assessments.push({
      id,
      account,
      valuation,
      status,
      mayClose: deadline !== 0n && mayClose(valuation, deadlineAt(account, clock), clock.uptime),
      isFirm: deadline === 0n || statusOf({ ...clock, uptime: now }) === status,
    });
  }
  return assessments;
}
