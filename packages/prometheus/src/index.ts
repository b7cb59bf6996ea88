export { cacheMetrics, type CacheMetrics, type MeasuredCache } from "./cache-metrics.js";
export type { CacheMetricsOptions } from "./options.js";
