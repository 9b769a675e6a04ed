import { max } from "d3-array";
import { scaleLinear } from "d3-scale";
import { frameOf, svg, valueAxis, type Frame, type Size } from "./frame.ts";
import { markup, type Markup } from "./markup.ts";
import type { RecordedTake } from "./recording.ts";
import type { Story } from "./story.ts";
import { takeMark } from "./symbols.ts";
import { grouped, percentText, ratioOf, shortAccount, tokensOf } from "./wording.ts";

const START_DISCOUNT = 0.0025;
const STRIP = 46;

/** Each take by the auction's age and its discount, against the ramp that everyone could foresee. */
export function discountChart(story: Story, size: Size): Markup {
  const { auctionSeconds, collaterals, quote, rampSeconds, takes } = story.recording;
  const frame = { ...frameOf(size, { wide: 300, narrow: 250 }), ...(size === "wide" ? HALF : {}) };
  const deepest = Math.max(0, ...collaterals.map(({ maxDiscountBps }) => maxDiscountBps / 10_000));
  const most = Math.max(deepest, max(takes, ({ discountWad }) => ratioOf(discountWad)) ?? 0);
  const last = Math.max(auctionSeconds, max(takes, (take) => take.sinceAuctionStart ?? 0) ?? 0);
  const x = scaleLinear([0, last / 60], [frame.left + STRIP, frame.right - 8]);
  const y = scaleLinear([0, most * 1.12], [frame.bottom, frame.top]);
  const area = scaleLinear(
    [0, max(takes, ({ repaid }) => Number(repaid)) ?? 1],
    [12, size === "wide" ? 520 : 300],
  );
  const ramps = [...new Set(collaterals.map(({ maxDiscountBps }) => maxDiscountBps / 10_000))].map(
    (top) =>
      markup`<path class="ramp" d="M${x(0)} ${y(START_DISCOUNT)}L${x(rampSeconds / 60)} ${y(top)}H${x(last / 60)}"/>`,
  );
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
      y.ticks(5).map((discount) => ({ y: y(discount), label: percentText(discount) })),
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
