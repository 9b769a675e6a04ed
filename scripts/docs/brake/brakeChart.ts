import { max, min } from "d3-array";
import { scaleLinear } from "d3-scale";
import { linePath, timeAxis, timeScale, valueAxis, type Frame } from "../../demo/report/frame.ts";
import { markup, type Markup } from "../../demo/report/markup.ts";
import { simplify, steps, type Point } from "../../demo/report/simplify.ts";
import { grouped } from "../../demo/report/wording.ts";
import type { BrakePicture, BrakeScene } from "./brakePicture.ts";
import { hourSums, type ReplayPoint } from "./recordReplay.ts";

/** One replay's line. */
interface Series {
  readonly className: "undisturbed" | "without" | "with";
  readonly points: readonly ReplayPoint[];
  readonly values: readonly number[];
}

/** A panel in each column. */
interface Row {
  readonly heading: string;
  readonly top: number;
  readonly bottom: number;
  readonly seriesOf: (scene: BrakeScene) => readonly Series[];
  /** A price is looked at from nearby, all else from zero and in one scale. */
  readonly isPrice?: true;
  readonly levels?: readonly Level[];
}

interface Level {
  readonly value: number;
  readonly text: string;
}

type Side = "above" | "below";

const WIDTH = 1120;
const HEIGHT = 980;
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
${rowsOf(picture).map((row) => drawnRow(row, picture))}
</svg>
`;
  return drawing.text;
}

function rowsOf({ brake }: BrakePicture): Row[] {
  const perHour = thousands(brake.perHour);
  return [
    {
      heading: "ETH/USD, in a market that these sales move",
      top: 92,
      bottom: 292,
      seriesOf: (scene) => [series(scene, "undisturbed", pricesOf), ...bothOf(scene, pricesOf)],
      isPrice: true,
    },
    {
      heading: "Ether sold above the floor within the last hour, thousands of USDC",
      top: 360,
      bottom: 510,
      seriesOf: (scene) => bothOf(scene, (points) => soldOf(points, "above")),
      levels: [
        { value: perHour, text: "what flows in within an hour" },
        { value: perHour + thousands(brake.burst), text: "and a full bucket on top" },
      ],
    },
    {
      heading: "Ether sold below the floor within the last hour: never refused",
      top: 578,
      bottom: 728,
      seriesOf: (scene) => bothOf(scene, (points) => soldOf(points, "below")),
    },
    {
      heading: "Accounts that somebody would take now, and that wait for the brake",
      top: 796,
      bottom: 926,
      seriesOf: (scene) => [series(scene, "with", (points) => points.map(({ waiting }) => waiting))],
    },
  ];
}

function series(
  scene: BrakeScene,
  className: Series["className"],
  read: (points: readonly ReplayPoint[]) => readonly number[],
): Series {
  const points = scene[className];
  return { className, points, values: read(points) };
}

function bothOf(scene: BrakeScene, read: (points: readonly ReplayPoint[]) => readonly number[]): Series[] {
  return [series(scene, "without", read), series(scene, "with", read)];
}

function pricesOf(points: readonly ReplayPoint[]): number[] {
  return points.map(({ price36: [price = 0n] }) => Number(price / 10n ** 12n) / 1e12);
}

function soldOf(points: readonly ReplayPoint[], side: Side): number[] {
  return hourSums(points, (point) => point[side][0] ?? 0n).map(thousands);
}

function thousands(amount: bigint): number {
  return Number(amount) / QUOTE_UNIT / THOUSAND;
}

function drawnRow(row: Row, { crash, slide }: BrakePicture): Markup {
  const { top, bottom } = row;
  const size = { width: WIDTH, height: HEIGHT, top, bottom };
  const [wide, narrow] = [row.seriesOf(crash), row.seriesOf(slide)];
  const shared = domainOf([...wide, ...narrow], row);
  const domain = (own: readonly Series[]) => (row.isPrice === true ? domainOf(own, row) : shared);
  return markup`<text class="heading" x="58" y="${top - 14}">${row.heading}</text>
${panel(crash, { ...size, size: "wide", left: 58, right: 736 }, wide, domain(wide), row.levels)}
${panel(slide, { ...size, size: "narrow", left: 796, right: WIDTH - 16 }, narrow, domain(narrow), row.levels)}`;
}

function domainOf(all: readonly Series[], { isPrice, levels = [] }: Row): [number, number] {
  const values = all.flatMap((one) => [...one.values]);
  const most = Math.max(max(values) ?? 0, ...levels.map(({ value }) => value));
  const least = isPrice === true ? (min(values) ?? 0) : 0;
  const room = (most - least) * 0.08;
  return [isPrice === true ? least - room : 0, Math.max(1, most + room)];
}

function panel(
  { from, to }: BrakeScene,
  frame: Frame,
  all: readonly Series[],
  domain: [number, number],
  levels: readonly Level[] = [],
): Markup {
  const y = scaleLinear(domain, [frame.bottom, frame.top]);
  const x = timeScale(frame, from, to);
  const lines = all.map(({ className, points, values }) => {
    const corners = steps(points.map(({ at }, i): Point => [x(at), y(values[i] ?? 0)]));
    return markup`<path class="${className}" d="${linePath(simplify(corners, 0.25))}"/>`;
  });
  const ticks = y.ticks(5).filter(Number.isInteger);
  return markup`${valueAxis(
    frame,
    ticks.map((value) => ({ y: y(value), label: grouped(value) })),
  )}${timeAxis(frame, from, to)}
${levels.map((level) => levelOf(frame, y(level.value), level.text))}${lines}`;
}

/** Named in the wide panel alone, which has the room. */
function levelOf(frame: Frame, y: number, text: string): Markup {
  const name =
    frame.size === "wide"
      ? markup`<text class="note" x="${frame.right - 6}" y="${y - 5}" text-anchor="end">${text}</text>`
      : undefined;
  return markup`<path class="level" d="M${frame.left} ${y}H${frame.right}"/>${name}`;
}

function legend(): Markup {
  const entries = [
    { className: "undisturbed", text: "the price without these sales" },
    { className: "without", text: "without the brake" },
    { className: "with", text: "with it" },
  ];
  return markup`${entries.map(
    ({ className, text }, i) => markup`<path class="${className}" d="M${58 + 230 * i} 46h26"/>
<text class="note" x="${92 + 230 * i}" y="50">${text}</text>`,
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
