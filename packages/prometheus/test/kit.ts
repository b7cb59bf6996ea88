import { Cache, createMemoryStore, type CacheEvent } from "@evercache/core";
import { Registry } from "prom-client";
import { onTestFinished } from "vitest";
import { parseScrape, type Series } from "../../../test/setup/scrape.js";
import { cacheMetrics, type CacheMetricsOptions, type MeasuredCache } from "../src/index.js";

export interface TestCache extends MeasuredCache {
  readonly cache: Cache;
  /** As if that had happened. */
  emit(event: CacheEvent): void;
}

/** A cache in process memory, as `prisma.$cache` shows it. */
export function measuredCache(): TestCache {
  const cache = new Cache({
    openStore: () => createMemoryStore({ maxEntries: 200_000 }),
    consistency: "bounded",
    onUnreachable: "proceed",
    deadline: 10_000,
    writeDeadline: 10_000,
    lease: 10_000,
    ambiguousLease: 60_000,
    longestTtl: 60_000,
    everything: [],
  });
  onTestFinished(() => cache.close());
  return {
    cache,
    emit: (event) => cache.report(event),
    stats: () => cache.stats(),
    on: (_event, listener, options) => cache.on(listener, options),
  };
}

/** A registry with the metrics of one cache. */
export function measured(options: CacheMetricsOptions = {}) {
  const register = new Registry();
  const cache = measuredCache();
  const metrics = cacheMetrics(cache, { register, ...options });
  return { register, cache, metrics, emit: (event: CacheEvent) => cache.emit(event) };
}

export async function scrape(register: Registry): Promise<Series[]> {
  return parseScrape(await register.metrics());
}
