import { extent } from "d3-array";
import { scaleLinear, scaleUtc } from "d3-scale";
import { linePath, timeAxis, timeScale, valueAxis, type Frame } from "../../demo/report/frame.ts";
import { markup, type Markup } from "../../demo/report/markup.ts";
import { simplify, steps, type Point } from "../../demo/report/simplify.ts";
import { clockText, dayText, grouped } from "../../demo/report/wording.ts";
import { callPriceAt, type CrashStory } from "./crashStory.ts";
import type { CoursePoint, CourseTerms } from "./weightCourse.ts";

/** What is drawn: a course of weights over some weeks, and one day of it from nearby. */
export interface VolatilityPicture {
  readonly course: readonly CoursePoint[];
  readonly terms: CourseTerms;
  readonly liquidationBps: bigint;
  /** Unix seconds. */
  readonly from: bigint;
  readonly to: bigint;
  readonly crash: CrashStory;
}

type Line = (point: CoursePoint) => number;

const WIDTH = 1120;
const HEIGHT = 860;
const PRICE_UNIT = 1e8;

/** The picture as a file of its own, light or dark as the reader's screen is. */
export function volatilityChart(picture: VolatilityPicture): string {
  const from = Number(picture.from);
  const to = Number(picture.to);
  const points = picture.course.filter(({ at }) => Number(at) >= from && Number(at) <= to);
  const words =
    "Volatility of ETH/USD in August 2023, the weights that follow it, and 17 August from nearby: one account with the price that calls it and its floor.";
  const drawing = markup`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${words}">
<style>${STYLE}</style>
<rect class="paper" width="${WIDTH}" height="${HEIGHT}"/>
${volatilityPanel(picture, points)}
${weightsPanel(picture, points)}
${crashPanel(picture)}
</svg>
`;
  return drawing.text;
}

function volatilityPanel({ terms, from, to }: VolatilityPicture, points: readonly CoursePoint[]): Markup {
  const frame = panel(46, 186);
  const percent: Line = ({ volatilityWad }) => Number(volatilityWad) / 1e16;
  const [, high = 0] = extent(points, percent);
  const y = scaleLinear([0, high * 1.05], [frame.bottom, frame.top]);
  const reference = y(Number(terms.referenceWad) / 1e16);
  return markup`${heading(frame, "Volatility of ETH/USD, a year's, measured over the rounds of its feed")}
${valueAxis(frame, ticksOf(y, 4, " %"))}${dayAxis(frame, from, to)}
<path class="level" d="M${frame.left} ${reference}H${frame.right}"/>
<text class="note" x="${frame.left + 6}" y="${reference - 5}">above the reference, weights tighten</text>
<path class="volatility" d="${drawn(frame, from, to, points, (point) => y(percent(point)))}"/>`;
}

function weightsPanel(picture: VolatilityPicture, points: readonly CoursePoint[]): Markup {
  const { terms, from, to, liquidationBps } = picture;
  const frame = panel(248, 458);
  const y = scaleLinear([68, 89], [frame.bottom, frame.top]);
  const floor = y(Number(liquidationBps) / 100);
  const own = y(Number(terms.own.maintenanceBps) / 100);
  const maintenance = cornersOf(frame, from, to, points, ({ maintenanceBps }) =>
    y(Number(maintenanceBps) / 100),
  );
  const initial: Line = ({ initialBps }) => y(Number(initialBps) / 100);
  const edge = linePath(maintenance);
  const [first] = maintenance;
  const last = maintenance.at(-1);
  const area = `${edge}L${String(last?.[0] ?? 0)} ${own}H${String(first?.[0] ?? 0)}z`;
  return markup`${heading(frame, "What the collateral counts for: the call band lies between floor and maintenance weight")}
<rect class="band" x="${frame.left}" width="${frame.right - frame.left}" y="${floor}" height="${own - floor}"/>
<path class="added" d="${area}"/>
${valueAxis(frame, ticksOf(y, 5, " %"))}${dayAxis(frame, from, to)}
<path class="floor" d="M${frame.left} ${floor}H${frame.right}"/>
<path class="own" d="M${frame.left} ${own}H${frame.right}"/>
<path class="maintenance" d="${edge}"/>
<path class="initial" d="${drawn(frame, from, to, points, initial)}"/>
<text class="note" x="${frame.left + 6}" y="${floor - 5}">floor: never moves</text>
<text class="note" x="${frame.left + 6}" y="${own - 5}">call band</text>
<text class="note" x="${frame.left + 6}" y="${own + 15}">maintenance: at most 0.25 % an hour</text>
<text class="note" x="${frame.left + 6}" y="${y(Number(terms.own.initialBps) / 100) - 5}">initial: at once</text>`;
}

function crashPanel({ course, terms, crash }: VolatilityPicture): Markup {
  const frame = panel(524, 816);
  const ownBps = Number(terms.own.maintenanceBps);
  const before = course.findLast(({ at }) => at < crash.from);
  const points = [
    ...(before === undefined ? [] : [{ ...before, at: crash.from }]),
    ...course.filter(({ at }) => at >= crash.from && at <= crash.to),
  ];
  const price: Line = ({ answer }) => Number(answer) / PRICE_UNIT;
  const call: Line = (point) => callPriceAt(point, crash.callPrice, ownBps) / PRICE_UNIT;
  const [low = 0, high = 1] = extent(points, price);
  const y = scaleLinear([low - 15, high + 15], [frame.bottom, frame.top]);
  const [own, floor] = [y(crash.callPrice / PRICE_UNIT), y(crash.floorPrice / PRICE_UNIT)];
  const line = (value: Line) => drawn(frame, crash.from, crash.to, points, (point) => y(value(point)));
  const x = timeScale(frame, Number(crash.from), Number(crash.to));
  return markup`${heading(frame, "17 August from nearby: an account with a health factor of 1.05 at noon")}
${valueAxis(frame, ticksOf(y, 6, ""))}${timeAxis(frame, Number(crash.from), Number(crash.to))}
<rect class="band" x="${frame.left}" width="${frame.right - frame.left}" y="${own}" height="${floor - own}"/>
<path class="floor" d="M${frame.left} ${floor}H${frame.right}"/>
<path class="own" d="M${frame.left} ${own}H${frame.right}"/>
<path class="maintenance" d="${line(call)}"/>
<path class="price" d="${line(price)}"/>
<text class="note" x="${frame.left + 6}" y="${floor + 15}">below ${grouped(crash.floorPrice / PRICE_UNIT)}: liquidated at once</text>
<text class="note" x="${frame.left + 6}" y="${own + 15}">below ${grouped(crash.callPrice / PRICE_UNIT)}: called, without volatility</text>
<text class="note" x="${frame.left + 6}" y="${own - 6}">called, with it: the upper line</text>
${momentOf(frame, x, crash.calledAt, "called", "with it", "end")}
${momentOf(frame, x, crash.calledAtWithout, "called", "without it", "start")}`;
}

/** A line across the panel at a moment, with its time and what happened. */
function momentOf(
  frame: Frame,
  x: (at: number) => number,
  at: bigint | undefined,
  what: string,
  how: string,
  anchor: "start" | "end",
): Markup | undefined {
  if (at === undefined) return undefined;
  const px = x(Number(at));
  const tx = px + (anchor === "end" ? -6 : 6);
  return markup`<path class="moment" d="M${px} ${frame.top}V${frame.bottom}"/>
<text class="mark" x="${tx}" y="${frame.top + 14}" text-anchor="${anchor}">${clockText(Number(at))} ${what}</text>
<text class="note" x="${tx}" y="${frame.top + 30}" text-anchor="${anchor}">${how}</text>`;
}

function panel(top: number, bottom: number): Frame {
  return { size: "wide", width: WIDTH, height: HEIGHT, left: 58, right: WIDTH - 16, top, bottom };
}

function heading(frame: Frame, text: string): Markup {
  return markup`<text class="heading" x="${frame.left}" y="${frame.top - 14}">${text}</text>`;
}

function ticksOf(
  y: { (value: number): number; ticks: (count: number) => number[] },
  count: number,
  unit: string,
) {
  return y.ticks(count).map((value) => ({ y: y(value), label: `${grouped(value)}${unit}` }));
}

function dayAxis(frame: Frame, from: bigint, to: bigint): Markup {
  const range: [number, number] = [frame.left, frame.right];
  const scale = scaleUtc([new Date(Number(from) * 1000), new Date(Number(to) * 1000)], range);
  const ticks = scale.ticks(10).map((date) => {
    const x = scale(date);
    return markup`<line class="grid" x1="${x}" x2="${x}" y1="${frame.top}" y2="${frame.bottom}"/>
<text class="tick" x="${x}" y="${frame.bottom + 15}" text-anchor="middle">${dayText(date.getTime() / 1000)}</text>`;
  });
  return markup`<g>${ticks}</g>`;
}

/** Each point holds until the next; `toPixel` gives its height. */
function cornersOf(
  frame: Frame,
  from: bigint,
  to: bigint,
  points: readonly CoursePoint[],
  toPixel: Line,
): Point[] {
  const x = timeScale(frame, Number(from), Number(to));
  return simplify(steps(points.map((point): Point => [x(Number(point.at)), toPixel(point)])), 0.3);
}

function drawn(
  frame: Frame,
  from: bigint,
  to: bigint,
  points: readonly CoursePoint[],
  toPixel: Line,
): string {
  return linePath(cornersOf(frame, from, to, points, toPixel));
}

const STYLE = `
svg { --paper: #fff; --ink: #16191d; --soft: #5d656e; --grid: #ecebe6; --band: #f3d778; --added: #e69f00; --floor: #b5179e; --initial: #0072b2; --volatility: #d3480c }
@media (prefers-color-scheme: dark) {
  svg { --paper: #171b20; --ink: #edeff1; --soft: #9aa4ae; --grid: #242a30; --band: #6d5a1c; --added: #f0ad1f; --floor: #f06bd9; --initial: #4aa8e8; --volatility: #ff7a3c }
}
text { font: 12px system-ui, sans-serif; fill: var(--soft) }
.heading { font-size: 15px; font-weight: 600; fill: var(--ink) }
.mark { font-weight: 600; fill: var(--ink) }
.note { fill: var(--ink) }
.paper { fill: var(--paper) }
.grid { stroke: var(--grid) }
path { fill: none; stroke-width: 1.5 }
.band { fill: var(--band); fill-opacity: 0.55 }
.added { fill: var(--added); fill-opacity: 0.6 }
.floor { stroke: var(--floor) }
.own, .level, .moment { stroke: var(--soft); stroke-dasharray: 4 4 }
.maintenance { stroke: var(--added); stroke-width: 2 }
.initial { stroke: var(--initial) }
.volatility { stroke: var(--volatility) }
.price { stroke: var(--ink) }
`;
