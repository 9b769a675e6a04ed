/** A straight line through points, by least squares: how much `y` rises for each step of `x`. */
export function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const count = points.length;
  if (count < 2) return 0;
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / count;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / count;
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  if (spread === 0) return 0;
  return points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
}

/** The lowest point of each window of so many: what is left of a heap when its garbage is gone. */
export function floorOf(
  points: readonly (readonly [x: number, y: number])[],
  window: number,
): (readonly [x: number, y: number])[] {
  const lowest: (readonly [x: number, y: number])[] = [];
  for (let from = 0; from + window <= points.length; from += window) {
    lowest.push(points.slice(from, from + window).reduce((a, b) => (b[1] < a[1] ? b : a)));
  }
  return lowest;
}
