import { createAccelerate } from "./accelerate/extension.js";
import type { AccelerateExtension } from "./types/accelerated-client.js";

/**
 * What `@prisma/extension-accelerate` exports under this name, with a cache of one's own in the place of Accelerate's:
 *
 * ```ts
 * const prisma = new PrismaClient({ adapter }).$extends(withAccelerate({ redis: process.env.REDIS_URL }));
 * await prisma.user.findMany({ cacheStrategy: { ttl: 60, swr: 30, tags: ["users"] } });
 * ```
 *
 * Without options it connects to `EVERCACHE_REDIS_URL`; where that is not set either, results are kept in process memory,
 * and a warning `PROCESS_MEMORY` says so.
 * @throws EvercacheError as `cacheExtension` does
 */
export const withAccelerate: AccelerateExtension = createAccelerate as unknown as AccelerateExtension;

export { EvercacheError, type EvercacheErrorCode } from "@evercache/core";
export type {
  AccelerateApi,
  AccelerateInfo,
  AccelerateInvalidateInput,
  AccelerateMembers,
  AcceleratePromise,
  CacheStrategy,
  PrismaCacheStrategy,
  ResultWithAccelerateInfo,
  WithAccelerateInfo,
  WithAccelerateOptions,
} from "./types/accelerate.js";
export type { AcceleratedClientFor, AccelerateExtension } from "./types/accelerated-client.js";
export type * from "./types.js";
