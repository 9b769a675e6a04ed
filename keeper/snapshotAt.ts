import type { AccountId } from "../sdk/accountId.ts";
import { ratesOf, type Deployment } from "../sdk/deployment.ts";
import type { Book, Roll } from "./book/book.ts";
import { prudentBaseFee } from "./executors/fees.ts";
import { momentOf, type Circumstances } from "./policy/assess.ts";
import type { GasView, Snapshot } from "./policy/snapshot.ts";
import type { BlockHeader } from "./sources/blockHeader.ts";
import type { SecondView } from "./sources/secondSources.ts";
import type { Sight } from "./sources/sight.ts";

/** A block as it is seen: the book at it, and what is in no log. */
export interface BlockSeen {
  readonly deployment: Deployment;
  readonly head: BlockHeader;
  readonly book: Book;
  readonly sight: Pick<Sight, "prices" | "clock">;
  readonly secondViews: readonly SecondView[];
  /** When the next block is expected. */
  readonly actAt: bigint;
}

/** What whoever decides has, remembers and has on its way. */
export interface Standing extends Pick<
  Snapshot,
  | "brake"
  | "standby"
  | "gas"
  | "wallet"
  | "poke"
  | "busyDuties"
  | "spentToday"
  | "lastRecordAt"
  | "lastBookFeeAt"
> {
  /** Of those that something may have to be done about, and others, whom to leave alone. */
  readonly busy: (accounts: Snapshot["accounts"]) => ReadonlySet<AccountId>;
}

/** Without prices nobody can be judged. */
const NOBODY: Roll = { accounts: new Map(), counts: {} };

/** What to decide upon at a block, and how all accounts stand. Judges the book at the moment of acting. */
export function snapshotAt(seen: BlockSeen, standing: Standing): readonly [Snapshot, Roll["counts"]] {
  const { deployment, head, book, sight, secondViews, actAt } = seen;
  const { busy, ...rest } = standing;
  const circumstances = circumstancesAt(deployment, book, sight, actAt);
  const { accounts, counts } = sight.prices.available ? book.rollAt(momentOf(circumstances)) : NOBODY;
  const snapshot = {
    ...circumstances,
    ...rest,
    block: head,
    vaultAddress: deployment.vault,
    accounts,
    opinions: secondViews.map(({ opinion }) => opinion),
    busy: busy(accounts),
  };
  return [snapshot, counts];
}

/** What accounts' standing depends on at a moment of a block's prices and clock. */
export function circumstancesAt(
  deployment: Deployment,
  { vault }: Book,
  { prices, clock }: BlockSeen["sight"],
  actAt: bigint,
): Circumstances {
  return { vault, prices, rates: ratesOf(deployment), clock, actAt };
}

/**
 * What gas costs in the block after `head`.
 * @param learned Gas by duty.
 */
export function gasViewAt(
  head: BlockHeader,
  { tipGwei }: { readonly tipGwei: bigint },
  nativePrice36: bigint | undefined,
  { perAccount, limitPerAccount }: Pick<GasView, "perAccount" | "limitPerAccount">,
): GasView {
  return { weiPerGas: prudentBaseFee(head) + tipGwei, nativePrice36, perAccount, limitPerAccount };
}
