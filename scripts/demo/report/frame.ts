import { scaleUtc, type ScaleTime } from "d3-scale";
import { coordinate, markup, type Markup, type Part } from "./markup.ts";
import { clockText, dayText } from "./wording.ts";

export type Size = "wide" | "narrow";

/** Where a chart draws: the page shows the wide one on screens, the narrow one on phones. */
export interface Frame {
  readonly size: Size;
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export function frameOf(size: Size, heights: { readonly wide: number; readonly narrow: number }): Frame {
  const isWide = size === "wide";
  const width = isWide ? 1120 : 360;
  const height = heights[size];
  const left = isWide ? 58 : 42;
  return { size, width, height, left, right: width - (isWide ? 16 : 6), top: 12, bottom: height - 32 };
}

export type TimeScale = ScaleTime<number, number>;

/** Unix seconds to pixels. */
export function timeScale(frame: Frame, from: number, to: number): (at: number) => number {
  const scale = utc(frame, from, to);
  return (at) => scale(new Date(at * 1000));
}

function utc(frame: Frame, from: number, to: number): TimeScale {
  return scaleUtc([new Date(from * 1000), new Date(to * 1000)], [frame.left, frame.right]);
}

/** Lines and labels of time; the first label and each new day carry the date. */
export function timeAxis(frame: Frame, from: number, to: number): Markup {
  const scale = utc(frame, from, to);
  let day = "";
  const ticks = scale.ticks(frame.size === "wide" ? 10 : 4).map((date) => {
    const at = date.getTime() / 1000;
    const x = scale(date);
    const anchor = x > frame.right - 18 ? "end" : x < frame.left + 18 ? "start" : "middle";
    const isNewDay = dayText(at) !== day;
    day = dayText(at);
    return markup`<line class="grid" x1="${x}" x2="${x}" y1="${frame.top}" y2="${frame.bottom}"/>
<text class="tick" x="${x}" y="${frame.bottom + 15}" text-anchor="${anchor}">${clockText(at)}</text>${
      isNewDay
        ? markup`<text class="tick day" x="${x}" y="${frame.bottom + 28}" text-anchor="${anchor}">${day}</text>`
        : undefined
    }`;
  });
  return markup`<g aria-hidden="true">${ticks}</g>`;
}

export interface ValueTick {
  readonly y: number;
  readonly label: string;
}

/** Lines and labels of values at the left. */
export function valueAxis(frame: Frame, ticks: readonly ValueTick[]): Markup {
  const lines = ticks.map(
    ({ y, label }) => markup`<line class="grid" x1="${frame.left}" x2="${frame.right}" y1="${y}" y2="${y}"/>
<text class="tick" x="${frame.left - 6}" y="${y + 3.5}" text-anchor="end">${label}</text>`,
  );
  return markup`<g aria-hidden="true">${lines}</g>`;
}

/** A path through points, relative and to a tenth of a pixel: a third of the bytes of absolute coordinates. */
export function linePath(points: readonly (readonly [number, number])[]): string {
  let beforeX = 0;
  let beforeY = 0;
  return points
    .map(([x, y], index) => {
      const tenthX = Math.round(x * 10);
      const tenthY = Math.round(y * 10);
      const dx = coordinate((tenthX - beforeX) / 10);
      const dy = coordinate((tenthY - beforeY) / 10);
      beforeX = tenthX;
      beforeY = tenthY;
      return `${index === 0 ? "M" : "l"}${dx}${dy.startsWith("-") ? "" : " "}${dy}`;
    })
    .join("");
}

/**
 * The whole SVG; `description` is for those who do not see it. No `title` element: browsers would show it as a tip
 * over every point of the chart.
 */
export function svg(frame: Frame, description: string, parts: Part): Markup {
  return markup`<svg class="${frame.size}" viewBox="0 0 ${frame.width} ${frame.height}" data-left="${frame.left}" data-right="${frame.right}" role="img" aria-label="${description}">${parts}</svg>`;
}
