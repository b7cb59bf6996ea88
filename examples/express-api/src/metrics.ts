import { cacheMetrics, type CacheMetricsOptions, type MeasuredCache } from "@evercache/prometheus";
import type { RequestHandler } from "express";
import { Registry } from "prom-client";

/** Answers Prometheus with what the cache does, and with how its Redis fares where there is one. */
export function metricsHandler(cache: MeasuredCache, { redisUrl }: MetricsSettings): RequestHandler {
  const register = new Registry();
  const redis: Pick<CacheMetricsOptions, "redis"> = redisUrl ? { redis: redisUrl } : {};
  cacheMetrics(cache, { register, ...redis });
  return async (_request, response) => {
    response.type(register.contentType).send(await register.metrics());
  };
}

/** As of the cache. */
export interface MetricsSettings {
  redisUrl?: string | undefined;
}
