import type {
  CacheEventListener,
  CacheStats,
  CacheStatsWithQueries,
  ListenOptions,
  QueryPolicy,
  StatsOptions,
} from "@evercache/core";
import type { PrismaPromise, Sql, TypedSql, TypeMapDef } from "@prisma/client/runtime/client";
import type { ReadExplanation, WithCacheInfo, WriteExplanation } from "./info.js";
import type { Recording, RecordOptions } from "./recording.js";
import type { WarmOptions, WarmQuery, WarmResult } from "./warm.js";

/** What an application knows to be untrue. The parts add up. */
export interface Invalidation<TypeMap extends TypeMapDef> {
  /** Every entry read with one of these `cache.tags`. */
  readonly tags?: readonly string[];
  /** Every entry that depends on one of these models. */
  readonly models?: readonly ModelName<TypeMap>[];
  /** Every entry that depends on one of these rows, each named as `findUnique` names it: `{ Product: [{ id: 1 }] }`. */
  readonly rows?: { readonly [Model in ModelName<TypeMap>]?: readonly RowName<TypeMap, Model>[] };
}

/** Whether the store was told. If not, it is told as soon as it can be, and until then this process serves no entry. */
export interface InvalidationResult {
  readonly applied: boolean;
}

/** What the result of a query in SQL depends on, and how long it is kept. One model or tag is there at least. */
export interface RawQueryOptions<TypeMap extends TypeMapDef> extends Omit<QueryPolicy, "l1" | "share"> {
  /** All models whose rows the query reads. */
  readonly models?: readonly ModelName<TypeMap>[];
}

export type RawQueryPromise<T> = Promise<T> & WithCacheInfo<T>;

/** `prisma.$cache` */
export interface CacheApi<TypeMap extends TypeMapDef> {
  /** As of the options: what its events and metrics are told apart by. */
  readonly namespace: string;
  /** For what changed without this client: another program's write, a migration, a restored backup. */
  invalidate(what: Invalidation<TypeMap>): Promise<InvalidationResult>;
  /** Every entry of this namespace. */
  invalidateAll(): Promise<InvalidationResult>;
  /**
   * A query in SQL that is cached until a write to one of `models`, or an invalidation of one of `tags`:
   * `$cache.queryRaw({ models: ["Product"] })<Row[]>\`SELECT …\``. It runs when it is awaited. Rejects with an EvercacheError
   * for SQL that may write, and where it reads a model's table that `models` does not name, as far as that is recognised.
   * In a transaction it goes past the cache.
   */
  queryRaw(
    options: RawQueryOptions<TypeMap>,
  ): <T = unknown[]>(query: TemplateStringsArray, ...values: readonly unknown[]) => RawQueryPromise<T>;
  /** The same of `Prisma.sql`. */
  queryRaw<T = unknown[]>(options: RawQueryOptions<TypeMap>, query: Sql): RawQueryPromise<T>;
  /** The same of a TypedSQL query. */
  queryRaw<T>(options: RawQueryOptions<TypeMap>, query: TypedSql<unknown[], T>): RawQueryPromise<T[]>;
  /**
   * Runs queries, a few at a time, so that their results are in the cache when they are asked for:
   * `$cache.warm([() => prisma.product.findMany(), …])`. Those that are in the cache already cost what a hit costs. A query
   * that fails is counted, and ends nothing. What `record` has recorded, read from JSON, is taken too: of an array, all of it is
   * checked before anything runs, and nothing but cached reads runs of it.
   * Rejects with an EvercacheError for a wrong option or a wrong recorded query, with what `onProgress` or the list itself throws, and when it is aborted.
   */
  warm(queries: Iterable<WarmQuery> | AsyncIterable<WarmQuery>, options?: WarmOptions): Promise<WarmResult>;
  /**
   * Begins to count which reads are asked of this client, and of those that it was made of or became: hits and misses alike,
   * but none that goes past the cache, and no SQL. `JSON.stringify(recording.stop())` is for `warm`, in another process. It has
   * the arguments of queries in clear. Several may run at a time. `disconnect` ends none.
   * @throws EvercacheError for a wrong option
   */
  record(options?: RecordOptions): Recording<ModelName<TypeMap>>;
  /**
   * From now on, every read of this process that goes by this client, or by one that it was made of or became, goes past the
   * cache and stores nothing, until `resume`. Writes still drop what they change, in every process, so that nothing that is
   * stored becomes untrue meanwhile. `stats().isPaused` tells. A process that starts with `EVERCACHE_DISABLED=1` begins so.
   */
  pause(): void;
  resume(): void;
  /** Counts since the extension was created. A copy. */
  stats(options?: { readonly queries?: false | undefined }): CacheStats;
  /**
   * The same, and which queries they are about: those that are loaded most, take the database most time, save most time, or are
   * most often ended by a write that did not change them. No values are told.
   * @throws EvercacheError for a wrong option
   */
  stats(options: { readonly queries: true | { readonly top?: number } }): CacheStatsWithQueries;
  stats(options?: StatsOptions): CacheStats | CacheStatsWithQueries;
  /** What this read would do now, and why. Runs nothing: hand over the query as it is, not awaited. */
  explain(query: PrismaPromise<unknown> & WithCacheInfo<unknown>): Promise<ReadExplanation>;
  /**
   * What this write, or SQL, would drop, and why. Runs nothing. Of a read through a client on which an extension was put
   * inside the cache, whose type does not tell it from a write, the `kind` is `"read"`.
   */
  explain(query: PrismaPromise<unknown>): Promise<WriteExplanation>;
  /**
   * Calls `listener` with every event until the function that it returns is called; or with those that `options` leaves.
   * @throws EvercacheError `UNKNOWN_OPTION`, `INVALID_OPTION`
   */
  on(event: "event", listener: CacheEventListener, options?: ListenOptions): () => void;
  /**
   * Closes what the extension opened. A client handed over as `redis` stays open. Used again, the cache opens again, but for a
   * `store` of your own, which stays closed.
   */
  disconnect(): Promise<void>;
}

/** The names of the schema's models, as the schema spells them. */
export type ModelName<TypeMap extends TypeMapDef> = keyof TypeMap["model"] & string;

/** The unique values that name one row, and no other filter. */
export type RowName<TypeMap extends TypeMapDef, Model extends ModelName<TypeMap>> = UniqueValues<
  TypeMap["model"][Model]["operations"]["findUnique"]["args"]["where"]
>;

// Prisma's unique filter is a union with a member for each unique key, in which that key must be there.
type UniqueValues<Where> = Where extends unknown
  ? { readonly [K in RequiredKey<Where>]: NonNullable<Where[K]> }
  : never;
type RequiredKey<T> = keyof { [K in keyof T as Partial<Pick<T, K>> extends Pick<T, K> ? never : K]: true } & keyof T;
