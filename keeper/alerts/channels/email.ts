import { createTransport } from "nodemailer";
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../../errors.ts";
import type { AlertsConfig } from "../alertsConfig.ts";
import { cleanLine } from "../cleanText.ts";
import { PLAIN, writeIn } from "../page.ts";
import { pageOf } from "../pageOf.ts";
import { failed, type Channel, type Sent } from "./channel.ts";

export interface EmailOptions {
  readonly settings: NonNullable<AlertsConfig["email"]>;
  readonly password: string | undefined;
  /** For each step of the conversation; three times as long for the whole. */
  readonly timeoutMs: number;
}

/** Plain text by SMTP. The message's id is its key, so that a mailbox which gets it twice can show it once. */
export function emailChannel({ settings, password, timeoutMs }: EmailOptions): Channel {
  const { host, port, security, from, user } = settings;
  const transport = createTransport({
    host,
    port,
    secure: security === "tls",
    requireTLS: security === "starttls",
    ignoreTLS: security === "none",
    ...(user === undefined || password === undefined ? {} : { auth: { user, pass: password } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  /** What `work` comes to, unless the server takes too long over it. */
  const inTime = async (work: Promise<Sent>): Promise<Sent> => {
    const late = new AbortController();
    try {
      const tooSlow = failed("the mail server is too slow", "channel");
      return await Promise.race([work, sleep(3 * timeoutMs, tooSlow, { signal: late.signal })]);
    } finally {
      late.abort();
    }
  };
  const domain = from.slice(from.lastIndexOf("@") + 1);
  return {
    async send({ message: { key, notice }, to, setting }) {
      const page = pageOf(notice, setting);
      const mail = {
        from: { name: "Tocsin", address: from },
        to: { name: "", address: to.target },
        subject: cleanLine(page.title),
        text: writeIn(PLAIN, page),
        messageId: `<${key}@${domain}>`,
        headers: { "tocsin-key": key, "auto-submitted": "auto-generated" },
      };
      return inTime(transport.sendMail(mail).then((): Sent => ({ kind: "sent" }), failureOf));
    },
    async probe() {
      const shaken = await inTime(transport.verify().then((): Sent => ({ kind: "sent" }), failureOf));
      return "reason" in shaken ? shaken.reason : undefined;
    },
  };
}

/** What a mail server says of an address is about the address; everything else is about the server. */
function failureOf(error: unknown): Sent {
  const { responseCode, command } = error as { responseCode?: unknown; command?: unknown };
  const reason = typeof responseCode === "number" ? `SMTP ${responseCode}` : codeOf(error);
  const isAboutTarget = typeof command === "string" && /^(RCPT|DATA)/.test(command);
  if (!isAboutTarget || typeof responseCode !== "number") return failed(reason, "channel");
  return responseCode >= 500 ? { kind: "refused", reason } : failed(reason, "target");
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown }).code;
  return typeof code === "string" ? code : messageOf(error).slice(0, 80);
}
