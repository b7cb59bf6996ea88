import type { CacheEvent, CacheStats, ListenOptions } from "@evercache/core";
import { Exporter } from "./exporter.js";
import { parseOptions, type CacheMetricsOptions } from "./options.js";
import { RedisProbe } from "./redis/redis-probe.js";
import { Source } from "./source.js";

/** What is asked of a cache: `prisma.$cache` is one. */
export interface MeasuredCache {
  readonly namespace?: string;
  stats(): CacheStats;
  on(event: "event", listener: (event: CacheEvent) => void, options?: ListenOptions): () => void;
}

export interface CacheMetrics {
  /** Takes the series of this cache out of the registry, and the metrics themselves with the last cache. May be called twice. */
  end(): void;
}

/**
 * Puts what a cache does into a registry of prom-client, from now on:
 *
 * ```ts
 * cacheMetrics(prisma.$cache, { register, redis: process.env.REDIS_URL });
 * ```
 *
 * Counted in plain numbers, and told when the registry is asked: a hit costs next to nothing. Labels are models, operations and
 * outcomes, never keys or values; a model has at most 40 time series. Nothing here fails a scrape, or a query.
 * @throws EvercacheError for an option that is unknown or wrong, for a second cache of the same name in one registry, and where the
 * registry has another metric of these names
 */
export function cacheMetrics(cache: MeasuredCache, options: CacheMetricsOptions = {}): CacheMetrics {
  const { register, name, redis, redisTimeout, buckets } = parseOptions(options, cache.namespace);
  const probe = redis === undefined ? undefined : new RedisProbe(redis, redisTimeout);
  const source = new Source(name, cache, buckets, probe);
  const exporter = Exporter.of(register);
  exporter.add(source);
  const unsubscribe = cache.on("event", (event) => source.tally.count(event), { hits: "asked", takesWarnings: false });
  return {
    end() {
      unsubscribe();
      exporter.remove(source);
    },
  };
}
