import { lossesAt } from "../policy/feeTerms.ts";
import type { BlockHeader } from "../sources/blockHeader.ts";
import type { Spending } from "../store/records.ts";
import type { Fees } from "./fees.ts";
import type { Purpose } from "./sentTransaction.ts";

const DAY_SECONDS = 86_400n;

/** What each account may lose more by an offer than by the one before it, if there was one. */
export function spendingOf(
  { accounts, terms }: Purpose,
  before: Fees | undefined,
  after: Fees,
  { timestamp }: BlockHeader,
): Spending[] {
  const day = Number(timestamp / DAY_SECONDS);
  const booked = lossesAt(terms, before?.maxFeePerGas ?? 0n);
  return lossesAt(terms, after.maxFeePerGas).flatMap((loss, i) => {
    const account = accounts[i];
    const amount = loss - (booked[i] ?? 0n);
    return account !== undefined && amount > 0n ? [{ account, day, amount }] : [];
  });
}
