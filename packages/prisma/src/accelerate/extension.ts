import { asObject } from "@evercache/core";
import { readInternals, type ExtensibleClient } from "../client/internals.js";
import { createExtension } from "../extension.js";
import { accelerateApi } from "./accelerate-api.js";
import { withCacheArgument } from "./cache-strategy.js";
import { informingMethods } from "./read-methods.js";

/** Where Redis is, for code that gives no options, as code written for Accelerate. */
const REDIS_VARIABLE = "EVERCACHE_REDIS_URL";

let isWarned = false;

/** The run-time part of `withAccelerate`: the cache, and on top of it what Accelerate's extension has. */
export function createAccelerate(input: unknown): (client: ExtensibleClient) => ExtensibleClient {
  const options = cacheOptions(input);
  const extend = createExtension(options, { name: "withAccelerate", readArgs: withCacheArgument });
  if (options["redis"] === undefined && options["store"] === undefined) warn();
  return (client) => {
    const { runtimeDataModel } = readInternals(client);
    const cached = extend(client);
    return cached.$extends({
      name: "evercache-accelerate",
      client: { $accelerate: accelerateApi(cached["$cache"] as Parameters<typeof accelerateApi>[0]) },
      model: informingMethods(Object.keys(runtimeDataModel.models), cached),
    });
  };
}

/** Nothing is kept that no strategy, `defaults` or `models` ask for. */
function cacheOptions(input: unknown): Record<string, unknown> {
  const { fetch: _, defaults = false, ...options } = asObject(input ?? {}, "withAccelerate(options)");
  const url = process.env[REDIS_VARIABLE];
  const isPlaced = "redis" in options || options["store"] !== undefined;
  return { ...options, defaults, ...(url && !isPlaced ? { redis: url } : {}) };
}

/** Once: an application may extend its client for each request. */
function warn(): void {
  if (isWarned) return;
  isWarned = true;
  process.emitWarning(
    "withAccelerate() was given no redis: results are kept in the memory of this process, which does not learn what other " +
      `processes write. Set ${REDIS_VARIABLE}, or write withAccelerate({ redis: … }); store: createMemoryStore() of ` +
      "@evercache/core says that this is the only process.",
    { type: "EvercacheWarning", code: "PROCESS_MEMORY" },
  );
}
