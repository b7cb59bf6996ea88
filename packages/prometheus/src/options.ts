import { asObject, checkNames, EvercacheError, parseDuration, showValue, type Duration } from "@evercache/core";
import { register as defaultRegister, type OpenMetricsContentType, type Registry } from "prom-client";
import { DEFAULT_BOUNDS, type Bounds, type Measured } from "./bounds.js";
import { parseRedis, type RedisOption, type RedisServers } from "./redis/redis-servers.js";

export interface CacheMetricsOptions {
  /** Where the metrics go. Default: the registry that prom-client has by itself. */
  readonly register?: Registry | Registry<OpenMetricsContentType>;
  /** The value of the label `cache`. Default: the namespace of the cache. Caches in one registry have one each. */
  readonly namespace?: string;
  /**
   * The Redis that is asked for its own figures at each scrape: a URL, ioredis options, or an ioredis client, a `Cluster` too. A
   * connection is opened for each scrape and closed after it; a client that is given is only read. Left out: none is asked.
   */
  readonly redis?: RedisOption;
  /** How long a scrape waits for Redis. Then it says `evercache_redis_up 0`. Default "1s". */
  readonly redisTimeout?: Duration;
  /** Upper bounds of the histograms that are not by model, ascending, in seconds, and of `bytes` in bytes. */
  readonly buckets?: Readonly<Partial<Record<Measured, readonly number[]>>>;
}

export interface Settings {
  readonly register: Registry;
  readonly name: string;
  readonly redis: RedisServers | undefined;
  /** Milliseconds. */
  readonly redisTimeout: number;
  readonly buckets: Bounds;
}

const KNOWN = ["register", "namespace", "redis", "redisTimeout", "buckets"];

/**
 * `own`: the namespace of the cache.
 * @throws EvercacheError that names the option, and what to write instead
 */
export function parseOptions(input: unknown, own = "evercache"): Settings {
  const options = asObject(input, "cacheMetrics(cache, options)");
  checkNames(options, KNOWN, "cacheMetrics");
  const { register = defaultRegister, namespace = own, redisTimeout = "1s" } = options;
  if (typeof (register as Registry | null)?.registerMetric !== "function") {
    throw invalid("register", register, "write a registry of prom-client: new Registry()");
  }
  if (typeof namespace !== "string" || namespace === "") {
    throw invalid("namespace", namespace, "write the namespace of the cache");
  }
  if ("redis" in options && options["redis"] === undefined) {
    throw invalid("redis", undefined, "is the environment variable set? Leave `redis` out where there is none");
  }
  return {
    register: register as Registry,
    name: namespace,
    redis: options["redis"] === undefined ? undefined : parseRedis(options["redis"]),
    redisTimeout: parseDuration(redisTimeout, "redisTimeout"),
    buckets: parseBuckets(options["buckets"]),
  };
}

function parseBuckets(input: unknown): Bounds {
  if (input === undefined) return DEFAULT_BOUNDS;
  const given = asObject(input, "buckets");
  checkNames(given, Object.keys(DEFAULT_BOUNDS), "buckets");
  for (const [name, bounds] of Object.entries(given)) {
    if (!isAscending(bounds))
      throw invalid(`buckets.${name}`, bounds, "write numbers above 0, ascending: [0.001, 0.01, 0.1]");
  }
  return { ...DEFAULT_BOUNDS, ...given };
}

function isAscending(bounds: unknown): bounds is readonly number[] {
  if (!Array.isArray(bounds) || bounds.length === 0) return false;
  return bounds.every(
    (bound: unknown, i) => Number.isFinite(bound) && (bound as number) > ((bounds as number[])[i - 1] ?? 0),
  );
}

function invalid(name: string, value: unknown, hint: string): EvercacheError {
  return new EvercacheError("INVALID_OPTION", `${name}: ${showValue(value)} is not valid here: ${hint}.`, { value });
}
