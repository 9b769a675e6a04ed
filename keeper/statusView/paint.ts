/** What a piece of text means; a terminal shows it as a colour, a picture as another. */
export type Style = "plain" | "title" | "faint" | "good" | "warning" | "alarm";

const CODES: Readonly<Record<Style, number | undefined>> = {
  plain: undefined,
  title: 1,
  faint: 2,
  good: 32,
  warning: 33,
  alarm: 31,
};

/** Text as a terminal colours it. */
export function paint(text: string, style: Style): string {
  const code = CODES[style];
  return code === undefined ? text : `\u001b[${code}m${text}\u001b[0m`;
}

/** A painted line in its parts, for who shows it elsewhere. */
export function partsOf(line: string): readonly (readonly [text: string, style: Style])[] {
  // eslint-disable-next-line no-control-regex -- colours begin with an escape character
  return [...line.matchAll(/\u001b\[(\d+)m([^\u001b]*)\u001b\[0m|([^\u001b]+)/g)].map(
    ([, code, painted = "", plain]) => {
      const style = (Object.keys(CODES) as Style[]).find((name) => String(CODES[name]) === code);
      return plain === undefined ? [painted, style ?? "plain"] : [plain, "plain"];
    },
  );
}

/** Columns that text takes; all that is shown here is narrow. */
export function widthOf(text: string): number {
  return text.length;
}
