import { ownerOf, type AccountId } from "../../../../sdk/accountId.ts";
import type { VaultEvent } from "../../../../sdk/vaultEvent.ts";
import { CloseReason, Status } from "../../../../sdk/vaultTypes.ts";
import { WETH, price36 } from "../../support/snapshot.ts";

const KEEPER = "0x00000000000000000000000000000000000000EE";
const common = (account: AccountId) => ({ account, owner: ownerOf(account), actor: KEEPER });

export function openedEvent(account: AccountId, nonce: number, deadline: bigint): VaultEvent {
  return {
    name: "MarginCallOpened",
    ...common(account),
    notice: {
      nonce,
      reopened: false,
      calledAt: deadline - 3_600n,
      deadline,
      bounty: 0n,
      debtShares: 10_000_000_000n,
      debt: 10_000_000_000n,
      cureLevelWad: 1_020_000_000_000_000_000n,
      repayAmount: 123_456_789n,
      collateralSet: 1,
      depositAmounts: [77n * 10n ** 15n],
      prices36: [price36(2_000)],
    },
  };
}

export function closedEvent(
  account: AccountId,
  nonce: number,
  reason: CloseReason = CloseReason.Repaid,
): VaultEvent {
  const rest = {
    reason,
    late: false,
    closedAt: 1n,
    healthWad: 1_030_000_000_000_000_000n,
    debt: 9_000_000_000n,
  };
  return { name: "MarginCallClosed", ...common(account), nonce, ...rest };
}

export function liquidatedEvent(account: AccountId): VaultEvent {
  return {
    name: "Liquidated",
    ...common(account),
    notice: {
      status: Status.Expired,
      asset: WETH.asset,
      repaid: 2_000_000_000n,
      insured: 10_000_000n,
      seized: 1_025_000_000_000_000_000n,
      discountWad: 25_000_000_000_000_000n,
      price36: price36(2_000),
      balance: 5n * 10n ** 18n,
      debtShares: 8_000_000_000n,
      debt: 8_000_000_000n,
      auctionStart: 1n,
    },
  };
}
