import { createExtension } from "./extension.js";
import type { CacheExtension } from "./types.js";

/**
 * Puts a cache in front of a Prisma client:
 *
 * ```ts
 * const prisma = new PrismaClient({ adapter }).$extends(cacheExtension({ redis: process.env.REDIS_URL }));
 * ```
 *
 * The client keeps its types and its behaviour; its reads come from the cache while they are true. Nothing is connected
 * before the first query. Errors of the store never reach the application.
 * @throws EvercacheError for an option that is unknown or wrong (at once), or names a model that the schema does not
 * have (when the extension is applied)
 */
export const cacheExtension: CacheExtension = createExtension as unknown as CacheExtension;

export {
  EvercacheError,
  type CacheEvent,
  type CacheStats,
  type CacheStatsWithQueries,
  type EncryptionKey,
  type EncryptionOptions,
  type EvercacheErrorCode,
  type HitsHeard,
  type ListenOptions,
  type Logger,
  type LoggerSettings,
  type LogLevel,
  type LogOrder,
  type OperationStats,
  type QueryInsight,
  type QueryStats,
  type StatsOptions,
  type TtlOf,
  type When,
} from "@evercache/core";
export type * from "./types.js";
