/** Of sorted numbers, the least that is not below the share `of` of them. */
export function quantile(sorted: readonly number[], of: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * of) - 1)] ?? NaN;
}
