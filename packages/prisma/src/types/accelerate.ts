import type { PrismaPromise } from "@prisma/client/runtime/client";
import type { CacheOptions } from "./options.js";

/** How the result of one read is kept, in seconds. Without `ttl` and `swr` it is not, unless the options say so. */
export interface CacheStrategy {
  /** For so long the result is served from the cache. Default 0. */
  readonly ttl?: number | undefined;
  /** For so long after its ttl the result is served all the same, while it is loaded anew in the background. Default 0. */
  readonly swr?: number | undefined;
  /** Names for `$accelerate.invalidate({ tags })`: any texts, and as many as are wanted. */
  readonly tags?: readonly string[] | undefined;
}

/** What every read takes beside Prisma's own arguments. */
export interface PrismaCacheStrategy {
  readonly cacheStrategy?: CacheStrategy | undefined;
}

/** Where a result came from. */
export interface AccelerateInfo {
  /**
   * `"ttl"`: from the cache. `"swr"`: from the cache, after its ttl, and it is being loaded anew; or, where a
   * policy has `staleIfError`, while the database cannot be reached. `"miss"`: from the database.
   * `"none"`: from the database, since the read is not for the cache: without a strategy, in a transaction.
   */
  cacheStatus: "ttl" | "swr" | "miss" | "none";
  /** When the database gave the result. */
  lastModified: Date;
  /** `"unspecified"`: there are no regions. */
  region: string;
  /** Another one for each read. */
  requestId: string;
  /** Equal for equal reads of a model. `"unspecified"` for arguments that have no text. */
  signature: string;
}

/** A result, and where it came from: `null` where another extension answered in the place of the cache. */
export interface ResultWithAccelerateInfo<Data> {
  data: Data;
  info: AccelerateInfo | null;
}

/** What a read is beside a promise of its result. */
export interface WithAccelerateInfo<Data> {
  /** The same read, which also tells where its result came from. As lazy as Prisma's promises; it may go into a batch. */
  withAccelerateInfo(): PrismaPromise<ResultWithAccelerateInfo<Data>>;
}

/** What a read returns. */
export interface AcceleratePromise<Data> extends PrismaPromise<Data>, WithAccelerateInfo<Data> {}

export interface AccelerateInvalidateInput {
  /** Names that reads have in `cacheStrategy.tags`. */
  tags: readonly string[];
}

/** What `withAccelerate` adds to the client. */
export interface AccelerateMembers {
  $accelerate: AccelerateApi;
}

/** `prisma.$accelerate` */
export interface AccelerateApi {
  /**
   * Drops every result that was read with one of these tags, in every process. Should the store be out of reach, this
   * process serves nothing until it was told; `$cache.invalidate` says which it was.
   */
  invalidate(input: AccelerateInvalidateInput): Promise<{ requestId: string }>;
  /** Drops every result of this namespace. */
  invalidateAll(): Promise<{ requestId: string }>;
}

/** The options of `withAccelerate`: those of `cacheExtension`, but that `defaults` is `false` unless it is said. */
export interface WithAccelerateOptions<ModelName extends string = string> extends CacheOptions<ModelName> {
  /** Taken so that code need not change, and never called: nothing is asked over HTTP. */
  fetch?(this: void, ...args: Parameters<typeof globalThis.fetch>): Promise<unknown>;
}
