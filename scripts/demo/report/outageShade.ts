import type { Frame } from "./frame.ts";
import { markup, type Markup } from "./markup.ts";
import type { Story } from "./story.ts";
import { clockText } from "./wording.ts";

type Part = "feed" | "sequencer";

const LABELS: Readonly<Record<Part, string>> = { feed: "feed silent", sequencer: "sequencer down" };
const LINE_HEIGHT = 13;
/** What the names of all areas take. */
export const SHADE_NAMES_HEIGHT = 2 * LINE_HEIGHT + 4;
/** About the width of the longer label. */
const LABEL_WIDTH = 90;

/** The times of an outage in a chart: areas for behind, names for before everything else, words for who sees neither. */
export interface OutageShade {
  readonly areas: Markup | undefined;
  readonly names: Markup | undefined;
  readonly words: string;
}

const NOTHING: OutageShade = { areas: undefined, names: undefined, words: "" };

export interface ShadeOptions {
  /** Of the first collateral alone is the feed silent. */
  readonly parts: readonly Part[];
  /** Where the names stand. */
  readonly side: "top" | "bottom";
}

/** Empty for a run in which nothing failed. */
export function outageShade(
  { recording: { outage }, from, to }: Story,
  frame: Frame,
  x: (at: number) => number,
  { parts, side }: ShadeOptions,
): OutageShade {
  if (outage === undefined) return NOTHING;
  const spans = { feed: outage.feedFrom, sequencer: outage.sequencerFrom };
  const ends = { feed: outage.feedUntil, sequencer: outage.sequencerUntil };
  const shown = parts.flatMap((part) => {
    const [begin, end] = [Math.max(spans[part], from), Math.min(ends[part], to)];
    return end > begin ? [{ part, left: x(begin), right: x(end) }] : [];
  });
  const height = frame.bottom - frame.top;
  const area = ({ part, left, right }: (typeof shown)[number]) =>
    markup`<rect class="outage ${part}" x="${left}" y="${frame.top}" width="${right - left}" height="${height}"/>`;
  const name = ({ part, left }: (typeof shown)[number], row: number) => {
    const y =
      side === "top"
        ? frame.top + 11 + row * LINE_HEIGHT
        : frame.bottom - 5 - (shown.length - 1 - row) * LINE_HEIGHT;
    const isCut = left + LABEL_WIDTH > frame.right;
    return markup`<text class="zone-name" x="${isCut ? frame.right - 4 : left + 4}" y="${y}" text-anchor="${isCut ? "end" : "start"}">${LABELS[part]}</text>`;
  };
  return {
    areas: markup`<g aria-hidden="true">${shown.map(area)}</g>`,
    names: markup`<g aria-hidden="true">${shown.map(name)}</g>`,
    words: shown
      .map(
        ({ part }) => ` Shaded: ${LABELS[part]} from ${clockText(spans[part])} to ${clockText(ends[part])}.`,
      )
      .join(""),
  };
}
