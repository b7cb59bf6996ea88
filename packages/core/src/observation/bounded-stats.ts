import type { QueryStats } from "../insight/query-counts.js";
import type { CacheStats } from "../stats.js";
import { clip } from "./message.js";
import type { ObservedStats } from "./reply.js";

type Models = CacheStats["models"];
type Queries = NonNullable<ObservedStats["queries"]>;

/** Of a query without its values: SQL may be long. */
const LONGEST_SHAPE = 500;

/**
 * Counts without those by model and by query that there is no room for: the least asked for are left out first. Those by query may
 * take half of it.
 */
export function boundStats(
  stats: ObservedStats,
  longest: number,
): { readonly stats: ObservedStats; readonly leftOut: number } {
  const { queries, ...counts } = stats;
  const bounded = boundModels(counts, longest / 2);
  if (!queries) return bounded;
  const clipped = mapLists(queries, (list) =>
    list.map((query) => ({ ...query, shape: clip(query.shape, LONGEST_SHAPE) })),
  );
  const most = Math.max(...Object.values(clipped).map((list) => list.length));
  let kept = most;
  const shortened = (): Queries => mapLists(clipped, (list) => list.slice(0, kept));
  while (kept > 0 && JSON.stringify(shortened()).length > longest / 2) kept--;
  return { stats: { ...bounded.stats, queries: shortened() }, leftOut: bounded.leftOut + most - kept };
}

function boundModels(stats: CacheStats, longest: number): { readonly stats: CacheStats; readonly leftOut: number } {
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

function mapLists(
  { byLoads, byLoadMilliseconds, bySavedMilliseconds, byNeedless }: Queries,
  change: (list: readonly QueryStats[]) => QueryStats[],
): Queries {
  return {
    byLoads: change(byLoads),
    byLoadMilliseconds: change(byLoadMilliseconds),
    bySavedMilliseconds: change(bySavedMilliseconds),
    byNeedless: change(byNeedless),
  };
}

function readsOf(operations: Models[string]): number {
  return Object.values(operations).reduce((sum, { hit, stale, miss, bypass }) => sum + hit + stale + miss + bypass, 0);
}
