export type Point = readonly [x: number, y: number];

/** The corners of a line on which each point holds until the next. */
export function steps(points: readonly Point[]): Point[] {
  return points.flatMap(([x, y], index) => {
    const before = points[index - 1];
    return before === undefined
      ? [[x, y]]
      : [
          [x, before[1]],
          [x, y],
        ];
  });
}

/**
 * The fewest of these points whose line strays at most `tolerance` from the line through all (Douglas and Peucker
 * 1973, over a stack, since thousands of points recurse too deep).
 */
export function simplify(points: readonly Point[], tolerance: number): Point[] {
  const isKept = points.map((_, index) => index === 0 || index === points.length - 1);
  const open: [number, number][] = [[0, points.length - 1]];
  for (let span = open.pop(); span !== undefined; span = open.pop()) {
    const [from, to] = span;
    const farthest = farthestBetween(points, from, to);
    if (farthest === undefined || farthest.distance <= tolerance) continue;
    isKept[farthest.index] = true;
    open.push([from, farthest.index], [farthest.index, to]);
  }
  return points.filter((_, index) => isKept[index]);
}

function farthestBetween(
  points: readonly Point[],
  from: number,
  to: number,
): { index: number; distance: number } | undefined {
  const start = points[from];
  const end = points[to];
  if (start === undefined || end === undefined) return undefined;
  let farthest: { index: number; distance: number } | undefined;
  for (let index = from + 1; index < to; index++) {
    const point = points[index];
    if (point === undefined) continue;
    const distance = distanceTo(point, start, end);
    if (farthest === undefined || distance > farthest.distance) farthest = { index, distance };
  }
  return farthest;
}

function distanceTo([x, y]: Point, [x1, y1]: Point, [x2, y2]: Point): number {
  const length = Math.hypot(x2 - x1, y2 - y1);
  if (length === 0) return Math.hypot(x - x1, y - y1);
  return Math.abs((x2 - x1) * (y1 - y) - (x1 - x) * (y2 - y1)) / length;
}
