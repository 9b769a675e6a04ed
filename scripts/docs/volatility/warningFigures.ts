import type { CoursePoint } from "./weightCourse.ts";

/** How much of the tightening came ahead of falls. Tightening in bps of weight below its own. */
export interface WarningFigures {
  readonly falls: number;
  /** Share of the falls that found the maintenance weight at least a step below its own. */
  readonly warnedShare: number;
  /** The same of all hours: what a warning by chance would have reached. */
  readonly alwaysShare: number;
  /** Mean tightening when a fall began, and in all hours. */
  readonly initialAhead: number;
  readonly initialAlways: number;
  readonly maintenanceAhead: number;
  readonly maintenanceAlways: number;
  /** The lowest maintenance weight. */
  readonly lowestMaintenanceBps: number;
}

/** What counts as a fall: so much within so long, from an hour that none other began in the day before. */
export interface FallTerms {
  readonly share: number;
  readonly withinSeconds: number;
}

const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 86_400;
/** The first days only warm the estimate up. */
const WARM_UP_SECONDS = 3 * DAY_SECONDS;
const STEP_BPS = 25;

interface Hour {
  readonly at: number;
  readonly initial: number;
  readonly maintenance: number;
  /** The worst fall from here, as a share of the price. */
  readonly fall: number;
}

/** Reads a course of weights, whose own are those of its first point, by the hour. */
export function warningFigures(course: readonly CoursePoint[], terms: FallTerms): WarningFigures {
  const hours = hoursOf(course, terms.withinSeconds);
  const onsets = onsetsOf(hours, terms.share);
  const warned = (some: readonly Hour[]): number =>
    mean(some.map(({ maintenance }) => (maintenance >= STEP_BPS ? 1 : 0)));
  const own = Number(course[0]?.maintenanceBps ?? 0n);
  return {
    falls: onsets.length,
    warnedShare: warned(onsets),
    alwaysShare: warned(hours),
    initialAhead: mean(onsets.map(({ initial }) => initial)),
    initialAlways: mean(hours.map(({ initial }) => initial)),
    maintenanceAhead: mean(onsets.map(({ maintenance }) => maintenance)),
    maintenanceAlways: mean(hours.map(({ maintenance }) => maintenance)),
    lowestMaintenanceBps: own - Math.max(...hours.map(({ maintenance }) => maintenance)),
  };
}

function hoursOf(course: readonly CoursePoint[], withinSeconds: number): Hour[] {
  const [first] = course;
  const last = course.at(-1);
  if (first === undefined || last === undefined) return [];
  const times = course.map(({ at }) => Number(at));
  const prices = course.map(({ answer }) => Number(answer));
  const hours: Hour[] = [];
  let index = 0;
  let end = 0;
  for (
    let at = Number(first.at) + WARM_UP_SECONDS;
    at + withinSeconds <= Number(last.at);
    at += HOUR_SECONDS
  ) {
    while ((times[index + 1] ?? Infinity) <= at) ++index;
    while ((times[end + 1] ?? Infinity) <= at + withinSeconds) ++end;
    const point = course[index] ?? first;
    const lowest = Math.min(...prices.slice(index, end + 1));
    hours.push({
      at,
      initial: Number(first.initialBps - point.initialBps),
      maintenance: Number(first.maintenanceBps - point.maintenanceBps),
      fall: 1 - lowest / Number(point.answer),
    });
  }
  return hours;
}

function onsetsOf(hours: readonly Hour[], share: number): Hour[] {
  let before = -Infinity;
  return hours.filter(({ at, fall }) => {
    if (fall < share) return false;
    const isNew = at - before > DAY_SECONDS;
    before = at;
    return isNew;
  });
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
