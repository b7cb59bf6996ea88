/** The smallest value that `share` of `sorted`, ascending, do not exceed; undefined where there are none. */
export function percentile(sorted: ArrayLike<number>, share: number): number | undefined {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1))];
}
