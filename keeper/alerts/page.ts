/** A piece of a line: our own words; what others have named, cleaned; an address, a hash or a code. */
export type Span = string | { readonly name: string } | { readonly code: string };

/** What a message says, before it is written for a channel. The title is ours alone. */
export interface Page {
  readonly title: string;
  readonly lines: readonly (readonly Span[])[];
}

/** How a channel writes pieces. Each answers with what shows exactly the given text there. */
export interface Style {
  readonly title: (text: string) => string;
  readonly words: (text: string) => string;
  /** For names and codes, which never become a link, a mention or a command. */
  readonly verbatim: (text: string) => string;
  /** Characters that the channel takes. */
  readonly longest: number;
}

/** Plain text, as in e-mail. */
export const PLAIN: Style = {
  title: (text) => text,
  words: (text) => text,
  verbatim: (text) => text,
  longest: 20_000,
};

/** Telegram's HTML: three characters have a meaning, and within `code` nothing is looked for. */
export const TELEGRAM_HTML: Style = {
  title: (text) => `<b>${escapeHtml(text)}</b>`,
  words: escapeHtml,
  verbatim: (text) => `<code>${escapeHtml(text)}</code>`,
  longest: 4_000,
};

/** Slack's mrkdwn: three characters are escaped, for the others there is only a code span. */
export const SLACK_MRKDWN: Style = {
  title: (text) => `*${escapeSlack(text)}*`,
  words: escapeSlack,
  verbatim: (text) => `\`${escapeSlack(withoutTicks(text))}\``,
  longest: 3_000,
};

/** Discord's Markdown: anything that is no letter or digit may be escaped by a backslash, but not in a code span. */
export const DISCORD_MARKDOWN: Style = {
  title: (text) => `**${escapeMarkdown(text)}**`,
  words: escapeMarkdown,
  verbatim: (text) => `\`${withoutTicks(text)}\``,
  longest: 1_900,
};

/** A page as a channel shows it. Lines that do not fit are left out from the end. */
export function writeIn(style: Style, { title, lines }: Page): string {
  const written = [style.title(title), ""];
  let length = written.join("\n").length;
  for (const line of lines) {
    const text = line.map((span) => writeSpan(style, span)).join("");
    length += text.length + 1;
    if (length > style.longest) break;
    written.push(text);
  }
  return written.join("\n");
}

function writeSpan(style: Style, span: Span): string {
  if (typeof span === "string") return style.words(span);
  return style.verbatim("name" in span ? span.name : span.code);
}

function escapeHtml(text: string): string {
  return escapeSlack(text).replaceAll('"', "&quot;");
}

function escapeSlack(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_~|<>#+\-[\](){}!:@/]/g, "\\$&");
}

/** A code span ends at a backtick, and there is no way to write one in it. */
function withoutTicks(text: string): string {
  return text.replaceAll("`", "'");
}
