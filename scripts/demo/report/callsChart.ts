import { frameOf, svg, timeAxis, timeScale, type Size } from "./frame.ts";
import { markup, type Markup } from "./markup.ts";
import { FAILURES, hasFailures, outageShade, SHADE_NAMES_HEIGHT } from "./outageShade.ts";
import type { RecordedCall } from "./recording.ts";
import { endOf, type Story } from "./story.ts";
import { outcomeMark } from "./symbols.ts";
import { clockText, durationText, outcomeLabel, shortAccount } from "./wording.ts";

const MAX_ROWS = 300;

interface Row {
  readonly y: number;
  readonly height: number;
}

/** A row for each call, by opening: the notice it gave, the auction after it, and how it ended. */
export function callsChart(story: Story, size: Size): Markup {
  const { calls } = story;
  const every = Math.ceil(calls.length / MAX_ROWS);
  const shown = calls.filter((_, index) => index % every === 0);
  const step = Math.min(14, Math.max(3.2, 470 / Math.max(1, shown.length)));
  const footing = hasFailures(story) ? SHADE_NAMES_HEIGHT : 0;
  const height = Math.max(110, Math.ceil(shown.length * step) + 52 + footing);
  const frame = frameOf(size, { wide: height, narrow: height });
  const x = timeScale(frame, story.from, story.to);
  const rows = shown.map((call, index) =>
    rowOf(story, call, x, size, { y: frame.top + 4 + index * step, height: step }),
  );
  const none = markup`<text class="none" x="${(frame.left + frame.right) / 2}" y="${height / 2}" text-anchor="middle">No call was opened.</text>`;
  const shade = outageShade(story, frame, x, { parts: FAILURES, side: "bottom" });
  const missing = every > 1 ? `; one row of ${every} is shown` : "";
  return svg(
    frame,
    `${calls.length} margin calls, each from its opening to its deadline and its end${missing}.${shade.words}`,
    [
      shade.areas,
      timeAxis(frame, story.from, story.to),
      calls.length === 0 ? none : markup`<g class="calls">${rows}</g>`,
      countAxis(frame, shown.length, step, every),
      shade.names,
    ],
  );
}

function countAxis(frame: { left: number; top: number }, rows: number, step: number, every: number): Markup {
  const stride = rows > 60 ? 25 : rows > 20 ? 10 : 5;
  const labels = Array.from({ length: Math.floor(rows / stride) }, (_, index) => (index + 1) * stride);
  return markup`<g aria-hidden="true">${labels.map(
    (row) =>
      markup`<text class="tick" x="${frame.left - 6}" y="${frame.top + 4 + (row - 0.5) * step + 3.5}" text-anchor="end">${row * every}</text>`,
  )}</g>`;
}

function rowOf(
  story: Story,
  call: RecordedCall,
  x: (at: number) => number,
  size: Size,
  { y, height }: Row,
): Markup {
  const end = endOf(story, call);
  const noticeEnd = Math.min(end, call.deadline);
  const takes = (story.takesOf.get(call.account) ?? []).filter(({ at }) => at >= call.openedAt && at <= end);
  const middle = y + height / 2;
  const thickness = Math.max(1.6, Math.min(6, height * 0.55));
  const markArea = Math.min(46, Math.max(9, height * height * 0.8));
  const bar = (name: string, from: number, to: number, thick: number) =>
    to <= from
      ? undefined
      : markup`<path class="${name}" stroke-width="${thick}" d="M${x(from)} ${middle}H${Math.max(x(to), x(from) + 0.6)}"/>`;
  const tick = (name: string, at: number) =>
    at > story.to
      ? undefined
      : markup`<path class="${name}" d="M${x(at)} ${middle - height * 0.45}v${height * 0.9}"/>`;
  return markup`<g>${size === "wide" ? markup`<title>${tipOf(call, takes.length)}</title>` : undefined}
${bar("unused", noticeEnd, Math.min(call.deadline, story.to), 1)}
${bar(`grace ${call.outcome}`, call.openedAt, noticeEnd, thickness)}
${bar("auction", call.deadline, end, thickness)}
${tick("deadline", call.deadline)}
${takes.map(({ at }) => tick("take", at))}
${outcomeMark(call.outcome, x(end), middle, markArea)}</g>`;
}

function tipOf(call: RecordedCall, takes: number): string {
  const opened = `opened ${clockText(call.openedAt)}, notice ${durationText(call.deadline - call.openedAt)}`;
  const closed = call.closedAt === undefined ? "" : ` ${clockText(call.closedAt)}`;
  const taken = takes > 0 ? `, ${takes} ${takes === 1 ? "take" : "takes"}` : "";
  return `${shortAccount(call.account)}, call ${call.nonce}: ${opened}, ${outcomeLabel(call.outcome)}${closed}${taken}`;
}
