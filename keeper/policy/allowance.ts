import { isFlashItem, type ApproveAction, type FlashItem, type TakeItem } from "./action.ts";
import type { Liquidations } from "./liquidations.ts";
import type { PolicySettings, Snapshot } from "./snapshot.ts";

const APPROVE_GAS = 100_000n;

/** What may be paid for as the allowance stands, and the approval that the others wait for. */
export interface Approved {
  readonly approved: Liquidations;
  /** Undefined where none is needed, or one is on its way. */
  readonly approval: ApproveAction | undefined;
}

/**
 * Takes in their order, as far as the allowance goes; one that is too dear holds up none of those after it. A take goes
 * ahead when what it is expected to pay is approved, though the most that it may pay is not: an auction asks for a
 * little more in each block, and a keeper that approved all it may pay each time would do nothing else.
 */
export function withinAllowance(
  planned: Liquidations,
  snapshot: Snapshot,
  { allowanceCeiling }: Pick<PolicySettings, "allowanceCeiling">,
): Approved {
  const { allowance, quote } = snapshot.wallet;
  const { wanted } = planned;
  let left = allowance;
  const payable = <T extends TakeItem | FlashItem>(item: T): readonly T[] => {
    if (isFlashItem(item)) return [item];
    if (item.payment > left) return [];
    const maxRepay = item.maxRepay < left ? item.maxRepay : left;
    left -= maxRepay;
    return [{ ...item, maxRepay }];
  };
  const approved = {
    ...planned,
    critical: planned.critical.flatMap(payable),
    profitable: planned.profitable.flatMap(payable),
  };
  const countOf = ({ critical, profitable }: Liquidations) => critical.length + profitable.length;
  const isShort = countOf(approved) < countOf(planned);
  const isLow = allowanceCeiling !== undefined && quote > 0n && allowance < allowanceCeiling / 2n;
  if (snapshot.busyDuties.has("approve") || (!isShort && !isLow)) return { approved, approval: undefined };
  const needed = roomFor(wanted, snapshot.wallet);
  const amount = allowanceCeiling !== undefined && allowanceCeiling > needed ? allowanceCeiling : needed;
  const reason = isLow ? "the allowance is below half its ceiling" : "the next liquidations need it";
  return { approved, approval: { duty: "approve", amount, gasLimit: APPROVE_GAS, stake: wanted, reason } };
}

/**
 * All that the takes may pay; twice as much where what stands is more than half of it and does not suffice. Then more is
 * wanted in each block, of a bucket that fills or by accounts that join, and whoever approves what was wanted a block ago
 * is always a block late. Nothing that has to be paid for can double for long.
 */
function roomFor(wanted: bigint, { allowance, quote }: Snapshot["wallet"]): bigint {
  if (2n * allowance < wanted) return wanted;
  return 2n * wanted < quote ? 2n * wanted : quote;
}
