import {
  symbol,
  symbolCircle,
  symbolCross,
  symbolDiamond,
  symbolSquare,
  symbolTriangle,
  symbolStar,
  type SymbolType,
} from "d3-shape";
import { coordinate, markup, type Markup } from "./markup.ts";
import type { CallOutcome } from "./recording.ts";

/** Shapes beside colours, so that outcomes are told apart without seeing colours. */
const SHAPES: Readonly<Record<CallOutcome, SymbolType>> = {
  repaid: symbolCircle,
  deposited: symbolSquare,
  recovered: symbolTriangle,
  liquidated: symbolCross,
  lapsed: symbolDiamond,
  writtenOff: symbolStar,
  open: symbolCircle,
};

/** A mark of about `area` square pixels around a point. */
export function outcomeMark(outcome: CallOutcome, x: number, y: number, area: number): Markup {
  const path = symbol(SHAPES[outcome], area).digits(1)() ?? "";
  // A cross that stands like an X.
  const turn = outcome === "liquidated" ? " rotate(45)" : "";
  return markup`<path class="end ${outcome}" transform="translate(${coordinate(x)} ${coordinate(y)})${turn}" d="${path}"/>`;
}

/** The same mark for a legend, as a picture of its own. */
export function outcomeKey(outcome: CallOutcome): Markup {
  return markup`<svg class="key" viewBox="-6 -6 12 12" aria-hidden="true">${outcomeMark(outcome, 0, 0, 40)}</svg>`;
}

/** A take: a circle past a deadline, a diamond below the floor; its area is what was repaid. */
export function takeMark(isCritical: boolean, x: number, y: number, area: number, tip?: string): Markup {
  const title = tip === undefined ? undefined : markup`<title>${tip}</title>`;
  if (!isCritical) {
    return markup`<circle class="taken expired" cx="${x}" cy="${y}" r="${Math.sqrt(area / Math.PI)}">${title}</circle>`;
  }
  const path = symbol(symbolDiamond, area).digits(1)() ?? "";
  return markup`<path class="taken critical" transform="translate(${x} ${y})" d="${path}">${title}</path>`;
}

export function takeKey(isCritical: boolean): Markup {
  return markup`<svg class="key" viewBox="-6 -6 12 12" aria-hidden="true">${takeMark(isCritical, 0, 0, 50)}</svg>`;
}
