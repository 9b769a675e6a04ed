import type { AccountId } from "../../sdk/accountId.ts";
import type { Duty } from "./action.ts";

/** What a standby waits for before it does what is another keeper's to do. */
export const STANDBY_DUTIES = [
  "liquidateCritical",
  "liquidateProfitable",
  "reopenCall",
  "openCall",
  "closeCall",
  "bookLoss",
] as const satisfies readonly Duty[];
export type StandbyDuty = (typeof STANDBY_DUTIES)[number];

/** Where this keeper stands in the row of those that serve a vault, and how long each leaves what is due to those before it. */
export interface StandbySettings {
  /** 0 acts at once, r when something has been due for r delays. */
  readonly rank: number;
  /** Of a rank: so many blocks at least, for a transaction takes one to be mined, */
  readonly delayBlocks: number;
  /** and so much block time. */
  readonly delaySeconds: Readonly<Record<StandbyDuty, number>>;
}

/** What is due about an account, and the block at which that was first so. */
export interface Since {
  readonly duty: Duty;
  readonly block: number;
  /** Seconds since 1970. */
  readonly timestamp: bigint;
}

/** What a standby remembers. */
export interface StandbyView {
  readonly since: ReadonlyMap<AccountId, Since>;
  /** Whether it was the last to do what was due: nobody before it seems to be there. */
  readonly isInCharge: boolean;
}

/** Where nobody comes before. */
export const FIRST_IN_ROW: StandbyView = { since: new Map(), isInCharge: true };

/** Whether what is due about an account has been left undone by all those who come before. Pure. */
export function isOverdue(
  duty: Duty,
  since: Since | undefined,
  now: { readonly number: number; readonly timestamp: bigint },
  { rank, delayBlocks, delaySeconds }: StandbySettings,
): boolean {
  if (rank === 0) return true;
  // Due for another reason than before: those who come first have only just learned of it too.
  if (since?.duty !== duty || !isStandbyDuty(duty)) return false;
  return (
    now.number - since.block >= rank * delayBlocks &&
    now.timestamp - since.timestamp >= BigInt(rank * delaySeconds[duty])
  );
}

function isStandbyDuty(duty: Duty): duty is StandbyDuty {
  return (STANDBY_DUTIES as readonly Duty[]).includes(duty);
}
