import type { Book, Roll } from "../book/book.ts";
import type { BlockTimes } from "../audit/blockTimes.ts";
import type { DueCount } from "../audit/dueLedger.ts";
import type { KeyState } from "../executors/lanes.ts";
import type { Decision } from "../policy/decide.ts";
import type { Snapshot } from "../policy/snapshot.ts";
import type { BlockHeader } from "../sources/blockHeader.ts";
import type { Endpoint } from "../sources/endpoint.ts";

/** What the keeper knew and did at a block, for who watches it. Nobody changes any of it. */
export interface BlockView {
  readonly head: BlockHeader;
  readonly times: Omit<BlockTimes, "block"> & { readonly startedAtMs: number };
  readonly book: Pick<Book, "size" | "entries" | "warned">;
  readonly counts: Roll["counts"];
  readonly snapshot: Snapshot;
  readonly decision: Decision;
  /** Of the keys that were asked about at this block. */
  readonly keys: readonly KeyState[];
  readonly endpoints: { readonly all: readonly Pick<Endpoint, "isAside" | "asked">[] };
  /** By duty, what is meant to be done. */
  readonly dues: readonly DueCount[];
  /** Accounts that were compared with the contract, since the start. */
  readonly audited: number;
  /** Accounts that the audit has put aside. */
  readonly quarantined: number;
  /** Accounts that fail on their own. */
  readonly deadLetters: number;
}

/** Whether two endpoints could have confirmed a block and did not. */
export function isUnsure({ trust }: Pick<BlockTimes, "trust">): boolean {
  return trust === "silent" || trust === "disputed";
}
