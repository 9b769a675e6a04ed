import { max, rollup } from "d3-array";
import { scaleLinear } from "d3-scale";
import { frameOf, svg, valueAxis, type Size } from "./frame.ts";
import { markup, type Markup } from "./markup.ts";
import type { Story } from "./story.ts";

const HALF = { width: 548, right: 532, left: 46 };
/** The checker's limit: callable for more than two blocks is missed. */
const LIMIT = 2;
const MOST_BARS = 16;

/** How many blocks passed from an account's becoming callable to its call. */
export function latencyChart(story: Story, size: Size): Markup {
  const { latencyBlocks } = story.recording;
  const frame = { ...frameOf(size, { wide: 300, narrow: 220 }), ...(size === "wide" ? HALF : {}) };
  const last = Math.min(MOST_BARS, Math.max(4, max(latencyBlocks) ?? 0));
  const counts = rollup(
    latencyBlocks,
    (group) => group.length,
    (blocks) => Math.min(blocks, last),
  );
  const most = Math.max(1, ...counts.values());
  const y = scaleLinear([0, most * 1.1], [frame.bottom, frame.top]);
  const slot = (frame.right - frame.left) / (last + 1);
  const bars = Array.from({ length: last + 1 }, (_, blocks) => {
    const count = counts.get(blocks) ?? 0;
    const left = frame.left + blocks * slot;
    const label = blocks === last && last === MOST_BARS ? `${blocks}+` : String(blocks);
    const bar =
      count === 0
        ? undefined
        : markup`<rect class="bar${blocks > LIMIT ? " late" : ""}" x="${left + slot * 0.14}" width="${slot * 0.72}" y="${y(count)}" height="${frame.bottom - y(count)}" rx="2"/><text class="mark" x="${left + slot / 2}" y="${y(count) - 6}" text-anchor="middle">${count}</text>`;
    return markup`${bar}<text class="tick" x="${left + slot / 2}" y="${frame.bottom + 15}" text-anchor="middle">${label}</text>`;
  });
  const limit = frame.left + (LIMIT + 1) * slot;
  const late = latencyBlocks.filter((blocks) => blocks > LIMIT).length;
  return svg(frame, `${latencyBlocks.length} openings, ${late} of them later than ${LIMIT} blocks.`, [
    valueAxis(
      frame,
      y
        .ticks(5)
        .filter(Number.isInteger)
        .map((count) => ({ y: y(count), label: String(count) })),
    ),
    bars,
    markup`<path class="level" d="M${limit} ${frame.top}V${frame.bottom}"/><text class="zone-name" x="${limit + 6}" y="${frame.top + 12}">missed from here on</text><text class="tick day" x="${(frame.left + frame.right) / 2}" y="${frame.bottom + 28}" text-anchor="middle">blocks from callable to called</text>`,
  ]);
}
