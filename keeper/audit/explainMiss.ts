import type { BlockTimes } from "./blockTimes.ts";
import type { Due } from "./dueLedger.ts";

/** Something that was done about an account, and what the keeper knew of it. */
export interface Deed {
  readonly block: number;
  readonly isOwn: boolean;
  /** What the keeper had meant to do about it; undefined if nothing. */
  readonly due: Due | undefined;
  /** The last block decided upon before it; undefined if there is none in memory. */
  readonly before: BlockTimes | undefined;
  /** The deed's own block, once it was seen. */
  readonly own: BlockTimes | undefined;
  /** Whether the account was in quarantine. */
  readonly isQuarantined: boolean;
}

/** Why something was done by others, or late. */
export type MissCause =
  /** The keeper did not run, or was far behind. */
  | "blocksNotSeen"
  /** It became due in the very block in which it was done: nobody could have known. */
  | "notDueBefore"
  | "stopped"
  | "endpointsUnsure"
  | "quarantined"
  /** Left alone, for the reason given. */
  | "skipped"
  /** Decided upon only when the block in which it was done was there already. */
  | "readSlowly"
  | "decidedSlowly"
  | "sentSlowly"
  /** Meant and never sent: refused in simulation, too dear, or broken off. */
  | "notSent"
  /** Sent in time, and another was mined first, or it was mined late. */
  | "minedLate";

export interface Miss {
  readonly cause: MissCause;
  readonly skippedFor: string | undefined;
  /** Blocks from the first in which it was known to be due to the one in which it was done. */
  readonly blocks: number;
  readonly dueSince: number | undefined;
  readonly sentAt: number | undefined;
}

/** Known in one block, done in the next: sooner cannot be. */
const PROMPT_BLOCKS = 1;
/** A keeper that is this far behind does not follow. */
const FOLLOWS_WITHIN_BLOCKS = 2;

/** The cause, if a deed was late or somebody else's; undefined for one that was the keeper's own and prompt. Pure. */
export function explainMiss(deed: Deed): Miss | undefined {
  const { block, isOwn, due } = deed;
  const blocks = due === undefined ? 0 : block - due.firstBlock;
  if (isOwn && blocks <= PROMPT_BLOCKS) return undefined;
  const cause = causeOf(deed);
  return { cause, skippedFor: due?.skippedFor, blocks, dueSince: due?.firstBlock, sentAt: due?.sentAtBlock };
}

function causeOf({ block, due, before, own, isQuarantined }: Deed): MissCause {
  if (before === undefined || block - before.block > FOLLOWS_WITHIN_BLOCKS) return "blocksNotSeen";
  if (isQuarantined) return "quarantined";
  // Its own block may have been the first in which it was seen to be due.
  if (due === undefined || due.firstBlock >= block) return "notDueBefore";
  if (before.isStopped) return "stopped";
  if (due.sentAtBlock !== undefined && due.sentAtBlock < block) return "minedLate";
  if (before.trust === "disputed" || before.trust === "silent") return "endpointsUnsure";
  if (due.skippedFor !== undefined) return "skipped";
  return slowPart(before, own) ?? "notSent";
}

/** The part during which the deed's block came, if the block before was still being worked on. */
function slowPart(before: BlockTimes, own: BlockTimes | undefined): MissCause | undefined {
  if (own === undefined) return undefined;
  if (own.seenAtMs <= before.observedAtMs) return "readSlowly";
  if (own.seenAtMs <= before.decidedAtMs) return "decidedSlowly";
  return own.seenAtMs <= before.doneAtMs ? "sentSlowly" : undefined;
}
