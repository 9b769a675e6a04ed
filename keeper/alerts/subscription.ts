import { createHash } from "node:crypto";
import type { AlertChannel, AlertLevel } from "../../sdk/alertRequest.ts";
import type { QuietHours } from "./quietHours.ts";

/** `unconfirmed`: nobody has shown yet that the target wants it. `ended` ones are kept against replays. */
export type SubscriptionState = "unconfirmed" | "active" | "ended";

/** Where and of what somebody is told. */
export interface Subscription {
  readonly id: string;
  /** Checksummed. */
  readonly owner: string;
  readonly channel: AlertChannel;
  /** In the one form that `targetFrom` gives it. */
  readonly target: string;
  readonly levels: readonly AlertLevel[];
  readonly quietHours: QuietHours | undefined;
  /** By which a webhook knows its messages, 0x and hex digits; empty for other channels. */
  readonly secret: string;
  /** Of the newest signed word about it, seconds since 1970. */
  readonly issuedAt: number;
  readonly state: SubscriptionState;
  /** The hash of the code that confirms it, and with which its target may end it. */
  readonly code: string;
  readonly codeTries: number;
  /** Block time. */
  readonly changedAt: bigint;
}

/** The same owner, channel and target are the same subscription. */
export function subscriptionId(owner: string, channel: AlertChannel, target: string): string {
  return digest(owner.toLowerCase(), channel, target);
}

/** 128 bits of a hash over texts, in hex. */
export function digest(...texts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(texts)).digest("hex").slice(0, 32);
}
