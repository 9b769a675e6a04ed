import { DISCORD_MARKDOWN, SLACK_MRKDWN, TELEGRAM_HTML, writeIn, type Style } from "../page.ts";
import { pageOf } from "../pageOf.ts";
import { hostAndPort, safePost, type SafePostOptions } from "../safePost.ts";
import { sentThrough, type Channel, type Letter } from "./channel.ts";

type Address = Pick<SafePostOptions, "timeoutMs" | "maxAnswerBytes" | "resolve">;

/** What is posted to a chat service, and where. */
interface Form {
  readonly url: (letter: Letter) => string;
  readonly body: (text: string, letter: Letter) => unknown;
  readonly style: Style;
  readonly gone: readonly number[];
}

const HEADERS = { "content-type": "application/json", "user-agent": "tocsin-keeper" };
const FORBIDDEN = 403;
const NOT_FOUND = 404;
const GONE = 410;
/** Discord: no previews of what a line may be taken for a link to. */
const SUPPRESS_EMBEDS = 4;

/** A bot's message. @param apiUrl The operator's. */
export function telegramChannel(apiUrl: string, token: string, address: Address): Channel {
  const bot = `${base(apiUrl)}/bot${token}`;
  const channel = chat(apiUrl, address, {
    url: () => `${bot}/sendMessage`,
    body: (text, { to }) => ({
      chat_id: to.target,
      text,
      parse_mode: "HTML",
      link_preview_options: { is_disabled: true },
    }),
    style: TELEGRAM_HTML,
    // 400 is a chat that is not there, but also a text that it does not like: that is tried again.
    gone: [FORBIDDEN],
  });
  return {
    ...channel,
    async probe() {
      const posted = await safePost(
        { url: `${bot}/getMe`, headers: HEADERS, body: "{}" },
        { ...address, allowed: new Set([hostAndPort(new URL(apiUrl))]) },
      );
      if (posted.kind !== "answered") return posted.reason;
      return posted.status === 200 ? undefined : `HTTP ${posted.status}`;
    },
  };
}

/** An incoming webhook of Discord; nobody can be mentioned by it. */
export function discordChannel(apiUrl: string, address: Address): Channel {
  return chat(apiUrl, address, {
    url: ({ to }) => `${base(apiUrl)}${new URL(to.target).pathname}`,
    body: (content) => ({ content, allowed_mentions: { parse: [] }, flags: SUPPRESS_EMBEDS }),
    style: DISCORD_MARKDOWN,
    gone: [NOT_FOUND, GONE],
  });
}

/** An incoming webhook of Slack. */
export function slackChannel(apiUrl: string, address: Address): Channel {
  return chat(apiUrl, address, {
    url: ({ to }) => `${base(apiUrl)}${new URL(to.target).pathname}`,
    body: (text) => ({ text, mrkdwn: true, link_names: false, unfurl_links: false, unfurl_media: false }),
    style: SLACK_MRKDWN,
    gone: [FORBIDDEN, NOT_FOUND, GONE],
  });
}

function chat(apiUrl: string, address: Address, { url, body, style, gone }: Form): Channel {
  // The operator has named the service, so it may be in the operator's own network.
  const allowed = new Set([hostAndPort(new URL(apiUrl))]);
  return {
    async send(letter) {
      const { key, notice } = letter.message;
      const page = pageOf(notice, letter.setting);
      const text = writeIn(style, { ...page, lines: [["Message ", { code: key }], ...page.lines] });
      const request = { url: url(letter), headers: HEADERS, body: JSON.stringify(body(text, letter)) };
      return sentThrough(await safePost(request, { ...address, allowed }), gone);
    },
  };
}

function base(apiUrl: string): string {
  return apiUrl.replace(/\/+$/, "");
}
