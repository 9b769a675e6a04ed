import { createHmac, timingSafeEqual } from "node:crypto";
import { ownerOf, subAccountOf } from "../../../sdk/accountId.ts";
import { formatTime } from "../../../sdk/format.ts";
import type { AccountNotice } from "../notice.ts";
import { PLAIN, writeIn } from "../page.ts";
import { deadlineTime, pageOf, type Setting } from "../pageOf.ts";
import { safePost, type SafePostOptions } from "../safePost.ts";
import { failed, type Channel, type Letter, type Sent } from "./channel.ts";

const GONE = 410;

/** JSON to a trader's own server, signed with the secret that the trader has chosen. */
export function webhookChannel(options: SafePostOptions): Channel {
  return {
    async send(letter) {
      const { message, to } = letter;
      const body = JSON.stringify(bodyOf(letter));
      const timestamp = Math.floor(Date.now() / 1_000);
      const headers = {
        "content-type": "application/json",
        "user-agent": "tocsin-keeper",
        "tocsin-key": message.key,
        "tocsin-timestamp": String(timestamp),
        "tocsin-signature": signatureOf(to.secret, timestamp, body),
      };
      return sentBy(await safePost({ url: to.target, headers, body }, options), letter);
    },
  };
}

/**
 * `v1=` and the HMAC-SHA256, in hex, of `v1.<timestamp>.<body>`.
 * @param secret 0x and hex digits: the key's bytes.
 */
export function signatureOf(secret: string, timestamp: number, body: string): string {
  const key = Buffer.from(secret.slice("0x".length), "hex");
  return `v1=${createHmac("sha256", key).update(`v1.${timestamp}.${body}`).digest("hex")}`;
}

function sentBy(posted: Awaited<ReturnType<typeof safePost>>, { message: { notice } }: Letter): Sent {
  if (posted.kind === "refused") return { kind: "refused", reason: posted.reason };
  if (posted.kind === "failed") return failed(posted.reason, "target");
  const { status, body, retryAfterMs } = posted;
  if (status === GONE) return { kind: "refused", reason: `HTTP ${status}` };
  if (status < 200 || status >= 300) return failed(`HTTP ${status}`, "target", retryAfterMs);
  if (notice.kind !== "confirmation") return { kind: "sent" };
  return isEcho(body, notice.code) ? { kind: "echoed" } : failed("the code was not echoed", "target");
}

/** The code alone, or JSON that holds nothing but it: a server that says back whatever it is sent has not agreed. */
function isEcho(body: string, code: string): boolean {
  const echoed = Buffer.from(codeIn(body));
  const wanted = Buffer.from(code);
  return echoed.length === wanted.length && timingSafeEqual(echoed, wanted);
}

function codeIn(body: string): string {
  try {
    const json: unknown = JSON.parse(body);
    if (typeof json === "string") return json;
    const isCode =
      typeof json === "object" && json !== null && "code" in json && Object.keys(json).length === 1;
    return isCode && typeof json.code === "string" ? json.code : "";
  } catch {
    return body.trim();
  }
}

function bodyOf({ message, setting }: Letter): Record<string, unknown> {
  const { key, notice, block, hash } = message;
  const { chainId, vault } = setting.deployment;
  const common = { version: 1, key, kind: notice.kind, chainId, vault };
  const text = writeIn(PLAIN, pageOf(notice, setting));
  if (notice.kind === "confirmation") {
    return { ...common, owner: notice.owner, subscription: notice.id, code: notice.code, text };
  }
  const about = notice.kind === "retraction" ? notice.of : notice;
  const retracted =
    notice.kind === "retraction" ? { retractedKey: notice.ofKey, retractedKind: about.kind } : {};
  return { ...detailsOf(about, setting), ...common, ...retracted, block, blockHash: hash, text };
}

/** Amounts in base units as decimal strings, for JSON numbers would be rounded. */
function detailsOf(notice: AccountNotice, setting: Setting): Record<string, unknown> {
  const { account, ...plain } = notice;
  const at = "deadline" in notice ? deadlineTime(notice.deadline, setting) : undefined;
  const details = {
    owner: ownerOf(account),
    subAccount: subAccountOf(account),
    account,
    ...plain,
    ...(at === undefined ? {} : { deadlineAt: at, deadlineText: formatTime(at) }),
  };
  return JSON.parse(
    JSON.stringify(details, (_name, value: unknown) =>
      typeof value === "bigint" ? value.toString() : value,
    ),
  ) as Record<string, unknown>;
}
