/** What many calls took. Milliseconds. */
export interface Latencies {
  readonly count: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** `times`: of each call, in milliseconds. `elapsed`: of all together. */
export function summarize(times: readonly number[], elapsed: number): Latencies {
  const sorted = Float64Array.from(times).sort();
  return {
    count: sorted.length,
    perSecond: elapsed > 0 ? Math.round((sorted.length * 1000) / elapsed) : 0,
    p50: quantile(sorted, 0.5),
    p99: quantile(sorted, 0.99),
    max: quantile(sorted, 1),
  };
}

/** The smallest time that so large a share of the calls does not exceed; 0 where there were none. */
function quantile(sorted: Float64Array, share: number): number {
  const value = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
  return Math.round(value * 1000) / 1000;
}
