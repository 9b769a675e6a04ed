import type { BlockHeader } from "../sources/blockHeader.ts";
import { blocksBetweenOffers, prudentBaseFee, urgencyAfter } from "./fees.ts";
import { isContested } from "./lane.ts";
import { contentOf, firstBlock, lastAttempt, type Slot } from "./sentTransaction.ts";

/** What to do about a transaction that is not mined yet: nothing, the same bytes once more, or a better offer. */
export type Remedy = "wait" | "resendDropped" | "goPublic" | "raise";

export interface RemedyRules {
  readonly replaceAfterBlocks: number;
  /** Blocks for which a contested transaction stays with the relay alone; zero without a relay. */
  readonly privateBlocks: number;
}

/** What no pool has known for so many blocks is sent again; sooner, the endpoint may only be slow. */
const DROPPED_AFTER_BLOCKS = 2;

/** Pure: what `slot`, whose nonce is not used up, needs at the block `head`. */
export function remedyFor(slot: Slot, head: BlockHeader, rules: RemedyRules): Remedy {
  const { number } = head;
  const { droppedSince, isPublic } = slot;
  const age = number - lastAttempt(slot).signedAtBlock;
  // A block before its signature: the chain has gone back, and pools may have forgotten it.
  if (age < 0) return droppedSince === undefined ? "wait" : "resendDropped";
  const sinceResent = number - (slot.resentAt ?? -Infinity);
  const isHidden = !isPublic && mayHide(slot, number, rules.privateBlocks);
  const isDropped = !isHidden && droppedSince !== undefined && number - droppedSince >= DROPPED_AFTER_BLOCKS;
  const isLeftBehind = age > 0 && isOutbid(slot, head);
  if (isDropped && !isLeftBehind && sinceResent >= rules.replaceAfterBlocks) return "resendDropped";
  const interval = blocksBetweenOffers(rules.replaceAfterBlocks, urgencyOf(slot, number));
  if (isLeftBehind || (age >= interval && sinceResent >= interval)) return "raise";
  return !isPublic && !isHidden && rules.privateBlocks > 0 ? "goPublic" : "wait";
}

/** How much of its time a transaction has used up, thousandths. */
export function urgencyOf(slot: Slot, block: number): bigint {
  return urgencyAfter(block - firstBlock(slot), slot.purpose.terms.patienceBlocks);
}

/** Whether the base fee leaves the last offer behind. */
export function isOutbid(slot: Slot, head: BlockHeader): boolean {
  return contentOf(lastAttempt(slot)).fees.maxFeePerGas < prudentBaseFee(head);
}

/** Whether a transaction may still stay with the relay alone: contested, and not for long yet. */
export function mayHide(slot: Slot, block: number, privateBlocks: number): boolean {
  return isContested(slot.purpose.duty) && block < firstBlock(slot) + privateBlocks;
}
