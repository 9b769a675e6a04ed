import { isOwnedBy } from "../../sdk/accountId.ts";
import { MAX_UINT256 } from "../../sdk/fixedPoint.ts";
import { numbersIn } from "../../sdk/valuation.ts";
import type { CollateralTerms } from "../../sdk/vaultTypes.ts";
import type { SeenEvent } from "../sources/follower.ts";
import type { Finding } from "./factBook.ts";
import type { CureForms } from "./notice.ts";

/**
 * What an event tells the account's owner; undefined for one that only says what the owner has done. `place` is its
 * number among all events of its transaction, for a transaction may take twice from the same account.
 */
export function findingOf(
  { event, transactionHash }: SeenEvent,
  place: number,
  collaterals: readonly CollateralTerms[],
  vault: string,
): Finding | undefined {
  if (!("account" in event) || isOwnedBy(event.account, vault)) return undefined;
  const { account } = event;
  switch (event.name) {
    case "MarginCallOpened": {
      const { nonce, reopened, deadline, debt } = event.notice;
      const cure = cureFormsOf(event.notice, collaterals);
      const notice = {
        kind: "called",
        account,
        transactionHash,
        nonce,
        reopened,
        deadline,
        debt,
        cure,
      } as const;
      return { key: calledKey(account, nonce), notice };
    }
    case "MarginCallClosed": {
      const { nonce, reason, late: isLate, healthWad, debt } = event;
      const notice = {
        kind: "closed",
        account,
        transactionHash,
        nonce,
        reason,
        isLate,
        healthWad,
        debt,
      } as const;
      return { key: `closed:${account}:${nonce}`, notice };
    }
    case "Liquidated": {
      const { status, asset, seized, price36, discountWad, repaid, insured, balance, debt } = event.notice;
      const numbers = { seized, price36, discountWad, repaid, insured, balance, debt };
      const notice = { kind: "liquidated", account, transactionHash, status, asset, ...numbers } as const;
      return { key: `liquidated:${account}:${transactionHash}:${place}`, notice };
    }
    case "BadDebtRealized": {
      const notice = { kind: "writtenOff", account, transactionHash, loss: event.loss } as const;
      return { key: `writtenOff:${account}:${transactionHash}:${place}`, notice };
    }
    case "CollateralDeposited":
    case "CollateralWithdrawn":
    case "CollateralForfeited":
    case "Borrowed":
    case "Repaid":
      return undefined;
  }
}

/** Each call of an account has its number. */
export function calledKey(account: string, nonce: number): string {
  return `called:${account}:${nonce}`;
}

function cureFormsOf(
  notice: { repayAmount: bigint; collateralSet: number; depositAmounts: readonly bigint[] },
  collaterals: readonly CollateralTerms[],
): CureForms {
  const deposits = numbersIn(notice.collateralSet).flatMap((number, i) => {
    const asset = collaterals[number]?.asset;
    const amount = notice.depositAmounts[i] ?? MAX_UINT256;
    return asset === undefined || amount === MAX_UINT256 ? [] : [{ asset, amount }];
  });
  return { repay: notice.repayAmount, deposits };
}
