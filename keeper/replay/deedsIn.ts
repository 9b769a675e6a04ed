import type { AccountId } from "../../sdk/accountId.ts";
import { CloseReason, Status } from "../../sdk/vaultTypes.ts";
import type { Duty } from "../policy/action.ts";
import type { SeenEvent } from "../sources/follower.ts";

/** Duties that lead to the same event are one kind of deed. */
export type DeedKind = "take" | "call" | "close" | "loss";

/** Something that was done about an account on the chain, of what a keeper does. */
export interface ChainDeed {
  readonly kind: DeedKind;
  readonly duty: Duty;
  readonly account: AccountId;
  readonly block: number;
  readonly by: string;
  readonly transactionHash: string;
}

const KINDS: Readonly<Record<Duty, DeedKind | undefined>> = {
  liquidateCritical: "take",
  liquidateProfitable: "take",
  openCall: "call",
  reopenCall: "call",
  closeCall: "close",
  bookLoss: "loss",
  approve: undefined,
  record: undefined,
  bookFee: undefined,
  poke: undefined,
};

/** Undefined for what is about no account. */
export function kindOf(duty: Duty): DeedKind | undefined {
  return KINDS[duty];
}

/**
 * The deeds among events: of several of a kind about an account in a block the first. What a trader's own move or a take
 * brings with it, such as the end of a call, is no deed of its own. Pure.
 */
export function deedsIn(events: readonly SeenEvent[]): readonly ChainDeed[] {
  const taken = new Set(
    events.flatMap(({ event, transactionHash }) =>
      event.name === "Liquidated" ? [`${transactionHash} ${event.account}`] : [],
    ),
  );
  const deeds = new Map<string, ChainDeed>();
  for (const seen of events) {
    const { event, blockNumber: block, transactionHash } = seen;
    const duty = dutyOf(seen, taken);
    const kind = duty && kindOf(duty);
    if (duty === undefined || kind === undefined || !("actor" in event)) continue;
    const { account, actor: by } = event;
    const key = `${block} ${kind} ${account}`;
    if (!deeds.has(key)) deeds.set(key, { kind, duty, account, block, by, transactionHash });
  }
  return [...deeds.values()];
}

function dutyOf({ event, transactionHash }: SeenEvent, taken: ReadonlySet<string>): Duty | undefined {
  switch (event.name) {
    case "MarginCallOpened":
      return event.notice.reopened ? "reopenCall" : "openCall";
    case "MarginCallClosed":
      return event.reason === CloseReason.Recovered ? "closeCall" : undefined;
    case "Liquidated": {
      const { status } = event.notice;
      const isCritical = status === Status.Critical || status === Status.Insolvent;
      return isCritical ? "liquidateCritical" : "liquidateProfitable";
    }
    case "BadDebtRealized":
      return taken.has(`${transactionHash} ${event.account}`) ? undefined : "bookLoss";
    default:
      return undefined;
  }
}
