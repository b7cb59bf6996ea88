// Also what an application's own declaration files come to name, where it exports a client with the cache.
export type { AggregateData, GroupByData } from "./types/aggregate.js";
export type {
  CacheApi,
  Invalidation,
  InvalidationResult,
  ModelName,
  RawQueryOptions,
  RawQueryPromise,
  RowName,
} from "./types/cache-api.js";
export type {
  CachedBuiltIns,
  CachedClient,
  CachedClientFor,
  CachedExtendsHook,
  CacheExtension,
  CachedTransaction,
  UnknownClient,
} from "./types/client.js";
export type { CachedDelegate, CachedRelations, ReadOperation } from "./types/delegate.js";
export type {
  CacheInfo,
  Explanation,
  ReadExplanation,
  ResultWithCacheInfo,
  WithCacheInfo,
  WriteExplanation,
} from "./types/info.js";
export type { RecordedQuery, Recording, RecordOptions } from "./types/recording.js";
export type { WarmOptions, WarmProgress, WarmQuery, WarmResult } from "./types/warm.js";
export type {
  CacheArgument,
  CacheOptions,
  EncryptionSetting,
  Granularity,
  ModelOptions,
  OnWriteSetting,
} from "./types/options.js";
