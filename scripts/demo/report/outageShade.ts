import type { Frame } from "./frame.ts";
import { markup, type Markup } from "./markup.ts";
import type { Recording } from "./recording.ts";
import type { Story } from "./story.ts";
import { clockText } from "./wording.ts";

/** What may be wrong: the feed gives no answer, there are no blocks, or the feed answers too low. */
export const FAILURES = ["feed", "sequencer", "accident"] as const;
type Part = (typeof FAILURES)[number];

interface Span {
  readonly from: number;
  readonly until: number;
  readonly label: string;
}

const LINE_HEIGHT = 13;
/** What the names of all areas take. */
export const SHADE_NAMES_HEIGHT = FAILURES.length * LINE_HEIGHT + 4;
/** About the width of the longer label. */
const LABEL_WIDTH = 90;

/** The times of an outage and of an accident in a chart: areas for behind, names for before everything else, words for who sees neither. */
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

/** Whether anything failed. */
export function hasFailures({ recording: { outage, accident } }: Story): boolean {
  return outage !== undefined || accident !== undefined;
}

/** Empty for a run in which nothing failed. */
export function outageShade(
  { recording, from, to }: Story,
  frame: Frame,
  x: (at: number) => number,
  { parts, side }: ShadeOptions,
): OutageShade {
  const spans = spansOf(recording);
  if (Object.keys(spans).length === 0) return NOTHING;
  const shown = parts.flatMap((part) => {
    const span = spans[part];
    if (span === undefined) return [];
    const [begin, end] = [Math.max(span.from, from), Math.min(span.until, to)];
    return end > begin ? [{ part, span, left: x(begin), right: x(end) }] : [];
  });
  const height = frame.bottom - frame.top;
  const area = ({ part, left, right }: (typeof shown)[number]) =>
    markup`<rect class="outage ${part}" x="${left}" y="${frame.top}" width="${right - left}" height="${height}"/>`;
  const name = ({ span, left }: (typeof shown)[number], row: number) => {
    const y =
      side === "top"
        ? frame.top + 11 + row * LINE_HEIGHT
        : frame.bottom - 5 - (shown.length - 1 - row) * LINE_HEIGHT;
    const isCut = left + LABEL_WIDTH > frame.right;
    return markup`<text class="zone-name" x="${isCut ? frame.right - 4 : left + 4}" y="${y}" text-anchor="${isCut ? "end" : "start"}">${span.label}</text>`;
  };
  return {
    areas: markup`<g aria-hidden="true">${shown.map(area)}</g>`,
    names: markup`<g aria-hidden="true">${shown.map(name)}</g>`,
    words: shown
      .map(
        ({ span: { label, from: begin, until } }) =>
          ` Shaded: ${label} from ${clockText(begin)} to ${clockText(until)}.`,
      )
      .join(""),
  };
}

function spansOf({ outage, accident }: Recording): Partial<Record<Part, Span>> {
  const { feedFrom, feedUntil, sequencerFrom, sequencerUntil } = outage ?? {};
  const span = (from: number | undefined, until: number | undefined, label: string) =>
    from === undefined || until === undefined ? undefined : { from, until, label };
  const spans = {
    feed: span(feedFrom, feedUntil, "feed silent"),
    sequencer: span(sequencerFrom, sequencerUntil, "sequencer down"),
    accident: span(accident?.from, accident?.until, `feed ${(accident?.lowBps ?? 0) / 100} % too low`),
  };
  return Object.fromEntries(Object.entries(spans).filter(([, each]) => each !== undefined));
}
