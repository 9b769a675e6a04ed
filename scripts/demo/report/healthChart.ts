import { min } from "d3-array";
import { scaleLinear } from "d3-scale";
import { markup, type Markup } from "./markup.ts";
import { frameOf, linePath, svg, timeAxis, timeScale, valueAxis, type Frame, type Size } from "./frame.ts";
import { FAILURES, outageShade } from "./outageShade.ts";
import type { CallOutcome, HealthTrace } from "./recording.ts";
import { simplify, steps, type Point } from "./simplify.ts";
import { since, type Story } from "./story.ts";
import { ratioOf, shortAccount } from "./wording.ts";

const WARNING_LEVEL = 1.1;
const TICKS = [2, 1.5, 1.25, 1.1, 1];
/** What is healthier lies above the chart. */
const TOP_HEALTH = 2.2;
/** What is worse stands at the lower edge: insolvent accounts must not flatten the call band. */
const BOTTOM_HEALTH = 0.82;
const MAX_TRACES = 200;

interface Plane {
  readonly x: (at: number) => number;
  readonly y: (health: number) => number;
}

/**
 * How healthy the accounts are. The axis is even in debt over maintenance value (one over the health factor), so that
 * the levels where something happens have room and an account without debt would be at the top.
 */
export function healthChart(story: Story, size: Size): Markup {
  const frame = frameOf(size, { wide: 380, narrow: 300 });
  const lowest = min([
    story.floorHealth,
    ...story.recording.traces.map(
      ({ points }) => min(points, ({ healthWad }) => ratioOf(healthWad)) ?? Infinity,
    ),
  ]);
  const bottomHealth = Math.max(BOTTOM_HEALTH, (lowest ?? 1) - 0.02);
  const loan = scaleLinear([1 / TOP_HEALTH, 1 / bottomHealth], [frame.top, frame.bottom]);
  const plane: Plane = {
    x: timeScale(frame, story.from, story.to),
    y: (health) => Math.min(frame.bottom, Math.max(frame.top, loan(1 / Math.max(health, 0.01)))),
  };
  const floor = Number(story.floorHealth.toFixed(3));
  const ticks = [...TICKS, floor].map((health) => ({ y: plane.y(health), label: health.toFixed(2) }));
  const shade = outageShade(story, frame, plane.x, { parts: FAILURES, side: "top" });
  const called = new Set(story.recording.calls.map(({ account }) => account)).size;
  return svg(
    frame,
    `Health factors of all accounts over time; ${called} accounts fell below 1 and were called.${shade.words}`,
    [
      zones(frame, plane, story.floorHealth),
      shade.areas,
      valueAxis(frame, ticks),
      timeAxis(frame, story.from, story.to),
      ribbon(story, plane, 0, 4),
      ribbon(story, plane, 1, 3),
      tracesOf(story, plane),
      median(story, plane),
      zoneNames(frame, plane, story.floorHealth),
      shade.names,
    ],
  );
}

function zones(frame: Frame, { y }: Plane, floorHealth: number): Markup {
  const zone = (name: string, from: number, to: number) =>
    markup`<rect class="zone ${name}" x="${frame.left}" width="${frame.right - frame.left}" y="${y(from)}" height="${Math.max(0, y(to) - y(from))}"/>`;
  return markup`${zone("warned", WARNING_LEVEL, 1)}${zone("called", 1, floorHealth)}${zone("critical", floorHealth, 0.01)}<path class="level" d="M${frame.left} ${y(1)}H${frame.right}"/><path class="level floor" d="M${frame.left} ${y(floorHealth)}H${frame.right}"/>`;
}

function zoneNames(frame: Frame, { y }: Plane, floorHealth: number): Markup {
  const label = (text: string, at: number) =>
    markup`<text class="zone-name" x="${frame.right - 6}" y="${at}" text-anchor="end">${text}</text>`;
  return markup`<g aria-hidden="true">${label("healthy", frame.top + 12)}${label("warned", (y(WARNING_LEVEL) + y(1)) / 2 + 4)}${label("call band", (y(1) + y(floorHealth)) / 2 + 4)}${label("below the floor", (y(floorHealth) + frame.bottom) / 2 + 5)}</g>`;
}

function quantilePoints(story: Story, { x, y }: Plane, quantile: number): Point[] {
  return story.blocks.flatMap(({ at, healthWad }): Point[] => {
    const health = healthWad?.[quantile];
    return health === undefined ? [] : [[x(at), y(ratioOf(health))]];
  });
}

function ribbon(story: Story, plane: Plane, low: number, high: number): Markup {
  const edge = (quantile: number) => simplify(quantilePoints(story, plane, quantile), 0.4);
  return markup`<path class="ribbon" d="${linePath([...edge(high), ...edge(low).reverse()])}z"/>`;
}

function median(story: Story, plane: Plane): Markup {
  return markup`<path class="median" d="${linePath(simplify(quantilePoints(story, plane, 2), 0.3))}"/>`;
}

/** Accounts that were called, in the colour of how their last call ended. */
function tracesOf(story: Story, plane: Plane): Markup {
  const outcomes = new Map<string, CallOutcome>(story.calls.map((call) => [call.account, call.outcome]));
  const shown = story.recording.traces.slice(0, MAX_TRACES);
  const strength = Math.min(0.6, Math.max(0.2, 30 / Math.max(1, shown.length)));
  return markup`<g class="traces" stroke-opacity="${strength.toFixed(2)}">${shown.map((trace) => traceOf(trace, outcomes.get(trace.account), plane, story.from))}</g>`;
}

function traceOf(
  trace: HealthTrace,
  outcome: CallOutcome | undefined,
  { x, y }: Plane,
  from: number,
): Markup {
  const runs: Point[][] = [[]];
  const last = trace.points.at(-1);
  const end = last === undefined || trace.until === undefined ? [] : [{ ...last, at: trace.until }];
  for (const { at, healthWad } of since([...trace.points, ...end], from)) {
    const health = ratioOf(healthWad);
    // A line along the upper edge would be a health that nobody has.
    if (health > TOP_HEALTH) runs.push([]);
    else runs.at(-1)?.push([x(at), y(health)]);
  }
  const path = runs.map((points) => linePath(simplify(steps(points), 0.8))).join("");
  return markup`<path class="${outcome ?? "liquidated"}" d="${path}"><title>${shortAccount(trace.account)}</title></path>`;
}
