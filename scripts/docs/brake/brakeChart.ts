import { max, min } from "d3-array";
import { scaleLinear } from "d3-scale";
import { linePath, timeAxis, timeScale, valueAxis, type Frame } from "../../demo/report/frame.ts";
import { markup, type Markup } from "../../demo/report/markup.ts";
import { simplify, steps, type Point } from "../../demo/report/simplify.ts";
import { grouped } from "../../demo/report/wording.ts";
import type { BrakePicture, BrakeScene } from "./brakePicture.ts";
import { hourSums, type ReplayPoint } from "./recordReplay.ts";

/** A panel's place: the same height in both columns. */
interface Band {
  readonly top: number;
  readonly bottom: number;
}

/** One replay's line. */
interface Series {
  readonly className: "undisturbed" | "without" | "with";
  readonly points: readonly ReplayPoint[];
  readonly values: readonly number[];
}

type Scale = ReturnType<typeof scaleLinear<number, number>>;

const WIDTH = 1120;
const HEIGHT = 980;
const PRICE: Band = { top: 92, bottom: 292 };
const ABOVE: Band = { top: 360, bottom: 510 };
const BELOW: Band = { top: 578, bottom: 728 };
const WAITING: Band = { top: 796, bottom: 926 };
const QUOTE_UNIT = 1e6;
const THOUSAND = 1_000;

const WORDS =
  "Ether on 12 and 13 March 2020 and in a slide of 8 %, with the liquidation brake and without it: price, worth sold above and below the floor within the last hour, and accounts that wait for the brake.";

/** The picture as a file of its own, light or dark as the reader's screen is. */
export function brakeChart(picture: BrakePicture): string {
  const drawing = markup`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${WORDS}">
<style>${STYLE}</style>
<rect class="paper" width="${WIDTH}" height="${HEIGHT}"/>
<text class="title" x="58" y="24">Black Thursday, 12 and 13 March 2020</text>
<text class="title" x="796" y="24">A slide of 8 % within an hour</text>
${legend()}
${heading(PRICE, "ETH/USD, where sales move it")}
${heading(ABOVE, "Ether sold above the floor within the last hour, thousands of USDC")}
${heading(BELOW, "Ether sold below the floor within the last hour: never refused")}
${heading(WAITING, "Accounts that somebody would take now, and that wait for the brake")}
${column(picture.crash, picture, "wide", 58, 736)}
${column(picture.slide, picture, "narrow", 796, WIDTH - 16)}
</svg>
`;
  return drawing.text;
}

function column(
  scene: BrakeScene,
  { brake }: BrakePicture,
  size: Frame["size"],
  left: number,
  right: number,
): Markup {
  const frameOf = (band: Band): Frame => ({ size, width: WIDTH, height: HEIGHT, left, right, ...band });
  const sold = (which: "above" | "below") => (points: readonly ReplayPoint[]) =>
    hourSums(points, (point) => point[which][0] ?? 0n).map((sum) => Number(sum) / QUOTE_UNIT / THOUSAND);
  const perHour = Number(brake.perHour) / QUOTE_UNIT / THOUSAND;
  const limit = perHour + Number(brake.burst) / QUOTE_UNIT / THOUSAND;
  const above = seriesOf(scene, sold("above"));
  const waiting: Series[] = [
    { className: "with", points: scene.with, values: scene.with.map((point) => point.waiting) },
  ];
  return markup`${panel(scene, frameOf(PRICE), pricesOf(scene), "fitted")}
${panel(scene, frameOf(ABOVE), above, "fromZero", [
  { value: perHour, text: "what flows in within an hour" },
  { value: limit, text: "and a full bucket on top" },
])}
${panel(scene, frameOf(BELOW), seriesOf(scene, sold("below")), "fromZero")}
${panel(scene, frameOf(WAITING), waiting, "fromZero")}`;
}

function seriesOf(scene: BrakeScene, read: (points: readonly ReplayPoint[]) => readonly number[]): Series[] {
  return (["without", "with"] as const).map((className) => {
    const points = scene[className];
    return { className, points, values: read(points) };
  });
}

function pricesOf(scene: BrakeScene): Series[] {
  return (["undisturbed", "without", "with"] as const).map((className) => {
    const points = scene[className];
    const values = points.map(({ price36: [price = 0n] }) => Number(price / 10n ** 12n) / 1e12);
    return { className, points, values };
  });
}

function panel(
  { from, to }: BrakeScene,
  frame: Frame,
  series: readonly Series[],
  base: "fitted" | "fromZero",
  levels: readonly { readonly value: number; readonly text: string }[] = [],
): Markup {
  const all = series.flatMap(({ values }) => [...values]);
  const most = Math.max(max(all) ?? 0, ...levels.map(({ value }) => value));
  const least = base === "fitted" ? (min(all) ?? 0) : 0;
  const room = (most - least) * 0.08;
  const range: [number, number] = [frame.bottom, frame.top];
  const y = scaleLinear([base === "fitted" ? least - room : 0, Math.max(1, most + room)], range);
  const x = timeScale(frame, from, to);
  const lines = series.map(({ className, points, values }) => {
    const corners = steps(points.map(({ at }, i): Point => [x(at), y(values[i] ?? 0)]));
    return markup`<path class="${className}" d="${linePath(simplify(corners, 0.25))}"/>`;
  });
  return markup`${valueAxis(frame, ticksOf(y))}${timeAxis(frame, from, to)}
${levels.map(({ value, text }) => levelOf(frame, y(value), text))}${lines}`;
}

function levelOf(frame: Frame, y: number, text: string): Markup {
  return markup`<path class="level" d="M${frame.left} ${y}H${frame.right}"/>
<text class="note" x="${frame.right - 6}" y="${y - 5}" text-anchor="end">${text}</text>`;
}

function ticksOf(y: Scale) {
  return y
    .ticks(5)
    .filter(Number.isInteger)
    .map((value) => ({ y: y(value), label: grouped(value) }));
}

function heading({ top }: Band, text: string): Markup {
  return markup`<text class="heading" x="58" y="${top - 14}">${text}</text>`;
}

function legend(): Markup {
  const entries = [
    { className: "undisturbed", text: "the price as it was" },
    { className: "without", text: "without the brake" },
    { className: "with", text: "with it" },
  ];
  return markup`${entries.map(
    ({ className, text }, i) => markup`<path class="${className}" d="M${58 + 180 * i} 46h26"/>
<text class="note" x="${92 + 180 * i}" y="50">${text}</text>`,
  )}`;
}

const STYLE = `
svg { --paper: #fff; --ink: #16191d; --soft: #5d656e; --grid: #ecebe6; --with: #0072b2; --without: #d3480c }
@media (prefers-color-scheme: dark) {
  svg { --paper: #171b20; --ink: #edeff1; --soft: #9aa4ae; --grid: #242a30; --with: #4aa8e8; --without: #ff7a3c }
}
text { font: 12px system-ui, sans-serif; fill: var(--soft) }
.title { font-size: 17px; font-weight: 700; fill: var(--ink) }
.heading { font-size: 15px; font-weight: 600; fill: var(--ink) }
.note { fill: var(--ink) }
.paper { fill: var(--paper) }
.grid { stroke: var(--grid) }
path { fill: none; stroke-width: 1.6; stroke-linejoin: round }
.level { stroke: var(--soft); stroke-dasharray: 4 4; stroke-width: 1 }
.undisturbed { stroke: var(--soft); stroke-width: 1.2 }
.without { stroke: var(--without) }
.with { stroke: var(--with) }
`;
