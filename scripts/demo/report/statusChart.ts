import { max } from "d3-array";
import { scaleLinear } from "d3-scale";
import { stack } from "d3-shape";
import { frameOf, linePath, svg, timeAxis, timeScale, valueAxis, type Size } from "./frame.ts";
import { markup, type Markup } from "./markup.ts";
import type { RecordedBlock, StatusCounts } from "./recording.ts";
import { simplify, steps, type Point } from "./simplify.ts";
import type { Story } from "./story.ts";

type StatusName = keyof StatusCounts;

/** All but the healthy, from the bottom up. */
export const SHOWN_STATUSES: readonly StatusName[] = [
  "Called",
  "Expired",
  "Critical",
  "Insolvent",
  "Lapsed",
  "Recovering",
  "Callable",
  "Warned",
];

/** How many accounts stand in each status but healthy. A visible layer of `Callable` is a slow keeper. */
export function statusChart(story: Story, size: Size): Markup {
  const frame = frameOf(size, { wide: 190, narrow: 190 });
  const layers = stack<RecordedBlock, StatusName>()
    .keys(SHOWN_STATUSES)
    .value(({ counts }, status) => counts[status] ?? 0)([...story.blocks]);
  const most = max(layers.flat(), ([, upper]) => upper) ?? 0;
  const x = timeScale(frame, story.from, story.to);
  const y = scaleLinear([0, Math.max(1, most)], [frame.bottom, frame.top]).nice();
  const edge = (layer: (typeof layers)[number], side: 0 | 1) =>
    simplify(steps(layer.map((value): Point => [x(value.data.at), y(value[side])])), 0.2);
  const areas = layers.map((layer) => {
    const isEmpty = layer.every(([lower, upper]) => lower === upper);
    return isEmpty
      ? undefined
      : markup`<path class="status ${layer.key}" d="${linePath([...edge(layer, 1), ...edge(layer, 0).reverse()])}z"><title>${layer.key}</title></path>`;
  });
  const ticks = y.ticks(4).filter(Number.isInteger);
  return svg(frame, `Accounts by status over time; at most ${most} were not healthy at once.`, [
    valueAxis(
      frame,
      ticks.map((count) => ({ y: y(count), label: String(count) })),
    ),
    timeAxis(frame, story.from, story.to),
    areas,
  ]);
}
