import { extent } from "d3-array";
import { scaleLinear } from "d3-scale";
import { frameOf, linePath, svg, timeAxis, timeScale, valueAxis, type Frame, type Size } from "./frame.ts";
import { markup, type Markup } from "./markup.ts";
import { FAILURES, outageShade } from "./outageShade.ts";
import { simplify, steps, type Point } from "./simplify.ts";
import { bandsOf, endOf, type Band, type Story } from "./story.ts";
import { clockText, grouped, outcomeLabel, priceOf, priceText, shortAccount } from "./wording.ts";

/**
 * One collateral's price; from each call's opening to its end hangs the account's band, from the price that called it
 * down to its floor. A price line that leaves a band through its lower edge found an account below its floor.
 */
export function priceChart(story: Story, collateral: number, size: Size): Markup {
  const { collaterals, quote } = story.recording;
  const terms = collaterals[collateral];
  if (terms === undefined) throw new Error(`No collateral ${collateral}`);
  const frame = frameOf(size, collateral === 0 ? { wide: 270, narrow: 220 } : { wide: 190, narrow: 190 });
  const prices = story.blocks.flatMap(({ at, price36 }) => {
    const price = price36[collateral];
    return price === undefined ? [] : [{ at, price: priceOf(price, terms, quote) }];
  });
  const bands = bandsOf(story, collateral);
  const [low = 0, high = 1] = extent([
    ...prices.map(({ price }) => price),
    ...bands.flatMap(({ callPrice, floorPrice }) => [callPrice, floorPrice]),
  ]);
  const room = (high - low || high) * 0.06;
  const y = scaleLinear([low - room, high + 2 * room], [frame.bottom, frame.top]);
  const x = timeScale(frame, story.from, story.to);
  const priceTicks = y.ticks(collateral === 0 ? 6 : 4);
  const digits = Math.max(0, -Math.floor(Math.log10((priceTicks[1] ?? 1) - (priceTicks[0] ?? 0))));
  // Many faint layers would turn greenish in eight bits a channel: none is fainter than this, the group is (page.css).
  const strength = Math.max(0.06, 1 / Math.max(2, overlapOf(story, bands)));
  const corners = steps(prices.map(({ at, price }): Point => [x(at), y(price)]));
  const name = `${terms.symbol} from ${priceText(prices[0]?.price ?? 0)} to ${priceText(low)} at the lowest of price and bands`;
  const shade = outageShade(story, frame, x, {
    parts: collateral === 0 ? FAILURES : ["sequencer"],
    side: "top",
  });
  const description = `${name}; ${bands.length} calls hang below the price line from opening to end.${shade.words}`;
  return svg(frame, description, [
    shade.areas,
    valueAxis(
      frame,
      priceTicks.map((price) => ({ y: y(price), label: grouped(price, digits) })),
    ),
    timeAxis(frame, story.from, story.to),
    markup`<g class="bands">${bands.map((band) => bandOf(story, band, x, y, strength, size))}</g>`,
    markup`<path class="price" d="${linePath(simplify(corners, 0.2))}"/>`,
    extremes(frame, prices, x, y),
    shade.names,
  ]);
}

function bandOf(
  story: Story,
  { call, callPrice, floorPrice }: Band,
  x: (at: number) => number,
  y: (price: number) => number,
  strength: number,
  size: Size,
): Markup {
  const left = x(call.openedAt);
  const width = Math.max(1, x(endOf(story, call)) - left);
  const top = y(callPrice);
  const bottom = y(floorPrice);
  const tip = `${shortAccount(call.account)}: called at ${priceText(callPrice)}, floor at ${priceText(floorPrice)}; ${clockText(call.openedAt)} to ${clockText(endOf(story, call))}, ${outcomeLabel(call.outcome)}`;
  return markup`<g class="band"><rect x="${left}" y="${top}" width="${width}" height="${bottom - top}" fill-opacity="${strength.toFixed(3)}">${size === "wide" ? markup`<title>${tip}</title>` : undefined}</rect><path d="M${left} ${bottom}h${width}"/></g>`;
}

/** The most bands that hang side by side at one time. */
function overlapOf(story: Story, bands: readonly Band[]): number {
  const ends = bands.map(({ call }) => ({ from: call.openedAt, to: endOf(story, call) }));
  return Math.max(
    0,
    ...ends.map(({ from }) => ends.filter((end) => end.from <= from && end.to > from).length),
  );
}

/** The first, the lowest and the last price, in words beside a dot. */
function extremes(
  frame: Frame,
  prices: readonly { readonly at: number; readonly price: number }[],
  x: (at: number) => number,
  y: (price: number) => number,
): Markup[] {
  const first = prices[0];
  const last = prices.at(-1);
  if (first === undefined || last === undefined) return [];
  const lowest = prices.reduce((low, candidate) => (candidate.price < low.price ? candidate : low), first);
  return [...new Set([first, lowest, last])].map((point) => {
    const px = x(point.at);
    const py = y(point.price);
    const isLow = point === lowest && point !== first;
    const anchor = px > frame.right - 60 ? "end" : px < frame.left + 60 ? "start" : "middle";
    const labelY = isLow ? Math.min(py + 17, frame.bottom - 3) : Math.max(py - 9, frame.top + 9);
    return markup`<circle class="dot" cx="${px}" cy="${py}" r="3"/><text class="mark" x="${px}" y="${labelY}" text-anchor="${anchor}">${priceText(point.price)}</text>`;
  });
}
