import type { AccountId } from "../../sdk/accountId.ts";
import type { AlertLevel } from "../../sdk/alertRequest.ts";
import { CloseReason, type Status } from "../../sdk/vaultTypes.ts";

/** What closes a call: repaying so much, or depositing so much of one of these. Base units. */
export interface CureForms {
  readonly repay: bigint;
  /** By collateral; without those of which no amount cures. */
  readonly deposits: readonly { readonly asset: string; readonly amount: bigint }[];
}

interface OfAccount {
  readonly account: AccountId;
}

interface OfTransaction extends OfAccount {
  /** Undefined where the state says so and the event was not seen. */
  readonly transactionHash: string | undefined;
}

/**
 * What there is to tell of an account. Amounts in base units, ratios times 1e18, `deadline` in uptime as it is
 * stored, without what protects it after a stop of the clock.
 */
export type AccountNotice =
  | (OfAccount & {
      readonly kind: "approaching";
      readonly status: Status;
      readonly healthWad: bigint;
      readonly debt: bigint;
      readonly cure: CureForms;
    })
  | (OfAccount & {
      readonly kind: "forecast";
      readonly probabilityBps: number;
      readonly volatilityWad: bigint;
      readonly healthWad: bigint;
      readonly debt: bigint;
    })
  | (OfTransaction & {
      readonly kind: "called";
      readonly nonce: number;
      readonly reopened: boolean;
      readonly deadline: bigint;
      readonly debt: bigint;
      readonly cure: CureForms;
    })
  | (OfAccount & {
      readonly kind: "reminder";
      readonly nonce: number;
      readonly left: "half" | "tenth";
      readonly deadline: bigint;
      readonly debt: bigint;
      readonly isCritical: boolean;
      readonly cure: CureForms;
    })
  | (OfTransaction & {
      readonly kind: "closed";
      readonly nonce: number;
      readonly reason: CloseReason;
      readonly isLate: boolean;
      readonly healthWad: bigint;
      readonly debt: bigint;
    })
  | (OfTransaction & {
      readonly kind: "liquidated";
      readonly status: Status;
      readonly asset: string;
      readonly seized: bigint;
      readonly price36: bigint;
      readonly discountWad: bigint;
      readonly repaid: bigint;
      readonly insured: bigint;
      /** Left of the collateral and of the debt. */
      readonly balance: bigint;
      readonly debt: bigint;
    })
  | (OfTransaction & { readonly kind: "writtenOff"; readonly loss: bigint });

/** What a message says: something of an account, that it no longer holds, or a question whether anybody is there. */
export type Notice =
  | AccountNotice
  | { readonly kind: "retraction"; readonly of: AccountNotice; readonly ofKey: string }
  | { readonly kind: "confirmation"; readonly owner: string; readonly id: string; readonly code: string };

/** The level at which a trader has asked for such a notice. */
export function levelOf(notice: AccountNotice): AlertLevel {
  if (notice.kind === "closed") return isCure(notice.reason) ? "cured" : "liquidated";
  return notice.kind === "writtenOff" ? "liquidated" : notice.kind;
}

/** Whether a call ended because the account is well again. */
export function isCure(reason: CloseReason): boolean {
  return reason !== CloseReason.Liquidated && reason !== CloseReason.WrittenOff;
}

/** Whether it may wait for the morning. */
export function isWarning({ kind }: Notice): boolean {
  return kind === "approaching" || kind === "forecast";
}

/** By urgency, the most urgent first. */
export const URGENCIES = ["calls", "receipts", "warnings", "questions"] as const;

/** What is sent first, and given up last where there is no room: a place in `URGENCIES`. */
export function urgencyOf(notice: Notice): number {
  switch (notice.kind) {
    case "called":
    case "reminder":
      return 0;
    case "liquidated":
    case "writtenOff":
    case "closed":
      return 1;
    case "retraction":
      return urgencyOf(notice.of);
    case "approaching":
    case "forecast":
      return 2;
    case "confirmation":
      return 3;
  }
}

const HOUR = 3_600n;

/** Seconds for which trying goes on; afterwards it would be news of yesterday. */
export function lifetimeOf(notice: Notice): bigint {
  switch (notice.kind) {
    case "confirmation":
      return 24n * HOUR;
    case "reminder":
      return 4n * HOUR;
    case "approaching":
    case "forecast":
      return 24n * HOUR;
    case "called":
    case "closed":
    case "liquidated":
    case "writtenOff":
    case "retraction":
      return 72n * HOUR;
  }
}
