import type { Message } from "../alertStore.ts";
import type { Setting } from "../pageOf.ts";
import type { Posted } from "../safePost.ts";
import type { Subscription } from "../subscription.ts";

/** A message to a target, with what it is written with. */
export interface Letter {
  readonly message: Message;
  readonly to: Subscription;
  readonly setting: Setting;
}

/**
 * What came of it. `failed` may succeed later; `channel` is to blame where the same would befall every target.
 * `refused`: the target will not have it, ever.
 */
export type Sent =
  | { readonly kind: "sent" }
  | { readonly kind: "echoed" }
  | {
      readonly kind: "failed";
      readonly reason: string;
      readonly blame: "target" | "channel";
      readonly retryAfterMs: number | undefined;
    }
  | { readonly kind: "refused"; readonly reason: string };

/** One way of telling. Never throws for what the other side does. */
export interface Channel {
  send(letter: Letter): Promise<Sent>;
  /** Why it would take no message, without telling anybody anything; undefined where nothing is wrong. */
  readonly probe?: () => Promise<string | undefined>;
}

export function failed(reason: string, blame: "target" | "channel", retryAfterMs?: number): Sent {
  return { kind: "failed", reason, blame, retryAfterMs };
}

const TOO_MANY_REQUESTS = 429;

/**
 * What an answer of a service means that stands between us and the target.
 * @param gone Statuses that say that the target is not there, or has thrown us out.
 */
export function sentThrough(posted: Posted, gone: readonly number[]): Sent {
  if (posted.kind === "refused") return { kind: "refused", reason: posted.reason };
  if (posted.kind === "failed") return failed(posted.reason, "channel");
  const { status, retryAfterMs } = posted;
  if (status >= 200 && status < 300) return { kind: "sent" };
  const reason = `HTTP ${status}`;
  if (status === TOO_MANY_REQUESTS) return failed(reason, "channel", retryAfterMs);
  if (gone.includes(status)) return { kind: "refused", reason };
  return failed(reason, status >= 500 ? "channel" : "target", retryAfterMs);
}
