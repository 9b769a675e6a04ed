import type { ClockState } from "../../sdk/clockState.ts";
import { debtIndexAt, type KinkedRates } from "../../sdk/interest.ts";
import type { VaultMoment } from "../../sdk/vaultTypes.ts";
import type { BlockRef, Book } from "../book/book.ts";
import { momentOf } from "../policy/assess.ts";
import type { Sight } from "../sources/sight.ts";

/** A block as it was decided upon, by endpoints that agree. */
export interface DecidedBlock {
  readonly head: BlockRef;
  readonly book: Pick<Book, "account" | "vault">;
  readonly clock: ClockState;
  /** At the block itself; its prices may be unavailable. */
  readonly moment: VaultMoment;
  /** The debt index in a day, if rates stay. */
  readonly laterDebtIndex: bigint;
}

const DAY_SECONDS = 86_400n;

export function decidedBlock(
  head: BlockRef,
  book: DecidedBlock["book"],
  { prices, clock }: Pick<Sight, "prices" | "clock">,
  rates: KinkedRates,
): DecidedBlock {
  const { vault } = book;
  const moment = momentOf({ vault, prices, rates, clock, actAt: head.timestamp });
  const laterDebtIndex = debtIndexAt(vault.pool, head.timestamp + DAY_SECONDS, rates);
  return { head, book, clock, moment, laterDebtIndex };
}
