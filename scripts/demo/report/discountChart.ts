import { max } from "d3-array";
import { scaleLinear } from "d3-scale";
import { frameOf, linePath, svg, valueAxis, type Frame, type Size } from "./frame.ts";
import { markup, type Markup } from "./markup.ts";
import type { RecordedCollateral, RecordedTake } from "./recording.ts";
import type { Point } from "./simplify.ts";
import type { Story } from "./story.ts";
import { takeMark } from "./symbols.ts";
import { grouped, percentText, ratioOf, shortAccount, tokensOf } from "./wording.ts";

/** Of every auction, as the vault has it. */
const START_DISCOUNT = 0.0025;
const MIN_AXIS_SECONDS = 600;
const STRIP = 46;

/** Each take by the auction's age and its discount, against the ramp that everyone could foresee. */
export function discountChart(story: Story, size: Size): Markup {
  const { auctionSeconds, collaterals, quote, rampSeconds, takes } = story.recording;
  const frame = { ...frameOf(size, { wide: 300, narrow: 250 }), ...(size === "wide" ? HALF : {}) };
  const oldest = max(takes, (take) => take.sinceAuctionStart ?? 0) ?? 0;
  // Keepers compete for the first minutes: the axis ends soon after the last take.
  const last = Math.min(Math.max(MIN_AXIS_SECONDS, oldest * 1.2), Math.max(auctionSeconds, oldest));
  const discountAt = (seconds: number, { maxDiscountBps }: RecordedCollateral) => {
    const deepest = Math.max(START_DISCOUNT, maxDiscountBps / 10_000);
    return START_DISCOUNT + (deepest - START_DISCOUNT) * Math.min(1, seconds / rampSeconds);
  };
  const foreseen = collaterals.map((terms) => discountAt(last, terms));
  const most = max([...foreseen, ...takes.map(({ discountWad }) => ratioOf(discountWad))]) ?? 0.01;
  const x = scaleLinear([0, last / 60], [frame.left + STRIP, frame.right - 8]);
  const y = scaleLinear([0, most * 1.12], [frame.bottom, frame.top]);
  const area = scaleLinear(
    [0, max(takes, ({ repaid }) => Number(repaid)) ?? 1],
    [12, size === "wide" ? 520 : 300],
  );
  const bend = Math.min(rampSeconds, last);
  const ramps = collaterals.map((terms) => {
    const corners = [0, bend, last].map((t): Point => [x(t / 60), y(discountAt(t, terms))]);
    return markup`<path class="ramp" d="${linePath(corners)}"/>`;
  });
  const marks = [...takes]
    .sort((a, b) => (a.repaid < b.repaid ? 1 : -1))
    .map((take, index) => {
      const since = take.sinceAuctionStart;
      // Takes without an auction have no time of their own: they stand side by side in a strip.
      const cx = since === undefined ? frame.left + 8 + ((index * 7) % (STRIP - 20)) : x(since / 60);
      return takeOf(take, cx, y(ratioOf(take.discountWad)), area(Number(take.repaid)), story, size);
    });
  const description = `${takes.length} takes; discounts up to ${percentText(most, 1)}; repaid amounts in ${quote.symbol} by the size of the mark.`;
  return svg(frame, description, [
    valueAxis(
      frame,
      y.ticks(5).map((discount) => ({ y: y(discount), label: percentText(discount, most < 0.03 ? 1 : 0) })),
    ),
    markup`<rect class="strip" x="${frame.left}" y="${frame.top}" width="${STRIP - 8}" height="${frame.bottom - frame.top}"/>`,
    minuteAxis(frame, x),
    ramps,
    markup`<g class="takes">${marks}</g>`,
  ]);
}

const HALF = { width: 548, right: 532, left: 46 };

function minuteAxis(frame: Frame, x: ReturnType<typeof scaleLinear<number, number>>): Markup {
  const labels = x.ticks(6).map(
    (
      minute,
    ) => markup`<line class="grid" x1="${x(minute)}" x2="${x(minute)}" y1="${frame.top}" y2="${frame.bottom}"/>
<text class="tick" x="${x(minute)}" y="${frame.bottom + 15}" text-anchor="middle">${minute}</text>`,
  );
  return markup`<g aria-hidden="true">${labels}<text class="tick" x="${frame.left + STRIP / 2 - 4}" y="${frame.bottom + 15}" text-anchor="middle">none</text><text class="tick day" x="${(frame.left + frame.right) / 2}" y="${frame.bottom + 28}" text-anchor="middle">minutes since the auction began</text></g>`;
}

function takeOf(take: RecordedTake, cx: number, cy: number, area: number, story: Story, size: Size): Markup {
  const { collaterals, quote } = story.recording;
  const repaid = grouped(tokensOf(take.repaid, quote.decimals));
  const tip = `${shortAccount(take.account)}: ${repaid} ${quote.symbol} for ${collaterals[take.collateral]?.symbol ?? "collateral"} at ${percentText(ratioOf(take.discountWad), 2)}${take.critical ? ", below the floor" : ""}`;
  return takeMark(take.critical, cx, cy, area, size === "wide" ? tip : undefined);
}
