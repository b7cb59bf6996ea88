import { percentile } from "../percentile.js";

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

/** In microseconds' steps; 0 where there were no calls. */
function quantile(sorted: Float64Array, share: number): number {
  return Math.round((percentile(sorted, share) ?? 0) * 1000) / 1000;
}
