import { max } from "d3-array";
import { scaleLinear, type ScaleLinear } from "d3-scale";
import { frameOf, linePath, svg, valueAxis, type Frame, type Size } from "./frame.ts";
import { markup, type Markup } from "./markup.ts";
import type { RecordedCollateral, RecordedTake, Recording } from "./recording.ts";
import type { Point } from "./simplify.ts";
import type { Story } from "./story.ts";
import { takeMark } from "./symbols.ts";
import { grouped, percentText, ratioOf, shortAccount, tokensOf } from "./wording.ts";

/** Of every auction, as the vault has it. */
const START_DISCOUNT = 0.0025;
const MIN_AXIS_SECONDS = 600;
/** Beyond this the page would be mostly tips; the table has every take. */
const MOST_TIPS = 400;

interface Plane {
  readonly frame: Frame;
  /** Width of the strip for takes that no auction preceded. */
  readonly strip: number;
  /** Seconds of auction at the right edge. */
  readonly last: number;
  /** Of minutes. */
  readonly x: ScaleLinear<number, number>;
  /** Of discounts, one being all. */
  readonly y: ScaleLinear<number, number>;
}

/** Each take by the auction's age and its discount, against the ramp that everyone could foresee. */
export function discountChart({ recording }: Story, size: Size): Markup {
  const { quote, takes } = recording;
  const plane = planeOf(recording, size);
  const { frame, strip, y } = plane;
  const [, most = 0] = y.domain();
  const ticks = y
    .ticks(5)
    .map((discount) => ({ y: y(discount), label: percentText(discount, most < 0.03 ? 1 : 0) }));
  const description = `${takes.length} takes; repaid amounts in ${quote.symbol} by the size of the mark.`;
  return svg(frame, description, [
    valueAxis(frame, ticks),
    markup`<rect class="strip" x="${frame.left}" y="${frame.top}" width="${strip - 12}" height="${frame.bottom - frame.top}"/>`,
    minuteAxis(plane),
    ramps(recording, plane),
    markup`<g class="takes">${marks(recording, plane)}</g>`,
  ]);
}

function planeOf({ auctionSeconds, collaterals, rampSeconds, takes }: Recording, size: Size): Plane {
  const isWide = size === "wide";
  const half = isWide ? { width: 548, right: 532, left: 46 } : {};
  const frame = { ...frameOf(size, { wide: 300, narrow: 250 }), ...half };
  const strip = isWide ? 120 : 80;
  const oldest = max(takes, (take) => take.sinceAuctionStart ?? 0) ?? 0;
  // Keepers compete for the first minutes: the axis ends soon after the last take.
  const last = Math.min(Math.max(MIN_AXIS_SECONDS, oldest * 1.2), Math.max(auctionSeconds, oldest));
  const foreseen = collaterals.map((terms) => foreseenDiscount(terms, last, rampSeconds));
  const most = max([...foreseen, ...takes.map(({ discountWad }) => ratioOf(discountWad))]) ?? 0.01;
  const x = scaleLinear([0, last / 60], [frame.left + strip, frame.right - 8]);
  return { frame, strip, last, x, y: scaleLinear([0, most * 1.12], [frame.bottom, frame.top]) };
}

function foreseenDiscount({ maxDiscountBps }: RecordedCollateral, age: number, rampSeconds: number): number {
  const deepest = Math.max(START_DISCOUNT, maxDiscountBps / 10_000);
  return START_DISCOUNT + (deepest - START_DISCOUNT) * Math.min(1, age / rampSeconds);
}

function ramps({ collaterals, rampSeconds }: Recording, { last, x, y }: Plane): Markup[] {
  const ages = [0, Math.min(rampSeconds, last), last];
  return collaterals.map((terms) => {
    const corners = ages.map((age): Point => [x(age / 60), y(foreseenDiscount(terms, age, rampSeconds))]);
    return markup`<path class="ramp" d="${linePath(corners)}"/>`;
  });
}

function minuteAxis({ frame, strip, x }: Plane): Markup {
  const label = (text: Markup | number | string, at: number, below = 15, name = "tick") =>
    markup`<text class="${name}" x="${at}" y="${frame.bottom + below}" text-anchor="middle">${text}</text>`;
  const minutes = x.ticks(6).map((minute) => {
    const line = markup`<line class="grid" x1="${x(minute)}" x2="${x(minute)}" y1="${frame.top}" y2="${frame.bottom}"/>`;
    return markup`${line}${label(minute, x(minute))}`;
  });
  const middle = (x(0) + frame.right) / 2;
  return markup`<g aria-hidden="true">${minutes}
${label("no auction", frame.left + strip / 2 - 6)}
${label("minutes since the auction began", middle, 28, "tick day")}</g>`;
}

/** The largest first, so that they do not hide the others. */
function marks(recording: Recording, { frame, strip, x, y }: Plane): Markup[] {
  const { takes } = recording;
  const isWide = frame.size === "wide";
  const crowd = Math.min(1, Math.max(0.15, 80 / Math.max(1, takes.length)));
  const largest = max(takes, ({ repaid }) => Number(repaid)) ?? 1;
  const area = scaleLinear([0, largest], [9, crowd * (isWide ? 480 : 280)]);
  const isTipped = isWide && takes.length <= MOST_TIPS;
  return [...takes]
    .sort((a, b) => (a.repaid < b.repaid ? 1 : -1))
    .map((take, index) => {
      const since = take.sinceAuctionStart;
      // Takes without an auction have no age: they stand side by side in the strip.
      const left = since === undefined ? frame.left + 12 + ((index * 37) % (strip - 32)) : x(since / 60);
      const tip = isTipped ? tipOf(take, recording) : undefined;
      return takeMark(take.critical, left, y(ratioOf(take.discountWad)), area(Number(take.repaid)), tip);
    });
}

function tipOf(take: RecordedTake, { collaterals, quote }: Recording): string {
  const repaid = `${grouped(tokensOf(take.repaid, quote.decimals))} ${quote.symbol}`;
  const sold = collaterals[take.collateral]?.symbol ?? "collateral";
  const discount = percentText(ratioOf(take.discountWad), 2);
  return `${shortAccount(take.account)}: ${repaid} for ${sold} at ${discount}${take.critical ? ", below the floor" : ""}`;
}
