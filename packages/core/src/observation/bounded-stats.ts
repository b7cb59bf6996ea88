import type { CacheStats } from "../stats.js";

type Models = CacheStats["models"];

/** Counts without those by model and by query that there is no room for: the least asked for are left out first. */
export function boundStats(
  stats: CacheStats,
  longest: number,
): { readonly stats: CacheStats; readonly leftOut: number } {
  const whole = JSON.stringify(stats).length;
  if (whole <= longest) return { stats, leftOut: 0 };
  const { models, ...others } = stats;
  let room = longest - JSON.stringify(others).length;
  const kept: Record<string, Models[string]> = {};
  let leftOut = 0;
  for (const [model, operations] of Object.entries(models).toSorted((a, b) => readsOf(b[1]) - readsOf(a[1]))) {
    room -= JSON.stringify(operations).length + model.length + 4;
    if (room > 0) kept[model] = operations;
    else leftOut++;
  }
  return { stats: { ...others, models: kept }, leftOut };
}

function readsOf(operations: Models[string]): number {
  return Object.values(operations).reduce((sum, { hit, stale, miss, bypass }) => sum + hit + stale + miss + bypass, 0);
}
