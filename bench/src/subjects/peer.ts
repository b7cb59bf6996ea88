import { Redis } from "ioredis";
import { createMetricsCollector, PrismaExtensionRedis } from "prisma-extension-redis";
import { ofClient, toJson, TTL_SECONDS, type OpenSubject } from "./subject.js";

/**
 * As its README configures it, with `STRING`, which it asks for where Redis has no JSON module, and a longer ttl. By itself
 * it never caches a row that has a BigInt; its `transformer` is there for that.
 */
export const peer: OpenSubject = (plain, redisUrl) => {
  const redis = new Redis(redisUrl);
  const metricsCollector = createMetricsCollector();
  const client = plain.$extends(
    PrismaExtensionRedis({
      config: {
        ttl: TTL_SECONDS,
        stale: 30,
        type: "STRING",
        transformer: { serialize: toJson, deserialize: (text) => JSON.parse(text as string) as never },
        auto: { invalidateOnWrite: true, ttl: TTL_SECONDS, stale: 30 },
        metricsCollector,
      },
      client: redis,
    }),
  );
  return ofClient(client, {
    counts: () => {
      const { hits, staleHits } = metricsCollector.getMetrics();
      return { hits: hits + staleHits, bypasses: 0 };
    },
    close: async () => redis.disconnect(),
  });
};
