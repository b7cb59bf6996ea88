export { Deadline } from "./deadline.js";
export { LONGEST_DURATION, parseDuration, showValue, type Duration } from "./duration.js";
export { EvercacheError, NotReplicatedError, StoreUnavailableError, type EvercacheErrorCode } from "./errors.js";
export type { DatabaseIdentity } from "./namespace-guard.js";
export { FRAME_VERSION, frameEntry, frameVersion, isSealed, openEntry, type Entry } from "./entry.js";
export { judge, type Expectation } from "./judge.js";
export { sealFormOf, type SealForm } from "./seal/seal.js";
export { wideFirst } from "./store/wide-first.js";
export type {
  Claim,
  Hearer,
  Hearing,
  Lookup,
  Release,
  Renewal,
  Replacement,
  Store,
  StoreStatus,
  Watch,
  Watcher,
} from "./store/store.js";
export {
  ANY_CUSTOM,
  anyTag,
  areTagNames,
  customTag,
  fieldTag,
  isCustomTag,
  isModelTag,
  isNewTag,
  newTag,
  pathTag,
  readableOrHash,
  rowTag,
  tagGroup,
  uniqueTag,
  type Tag,
} from "./tag.js";
export { QUARANTINED, randomTokenBits, type Token, type TokenState } from "./token.js";
export type { AdaptiveChange, AdaptiveLimits, AdaptiveSwitch, Switched } from "./adaptive/adaptive-switch.js";
export { Cache } from "./cache.js";
export type { CacheOptions } from "./cache-options.js";
export type { WritePlan } from "./write-plan.js";
export type { Answered, Patch, Refill } from "./refill.js";
export type { Codec } from "./codec/codec.js";
export { isMisreadName } from "./codec/misread-name.js";
export { superjsonCodec, type CustomType } from "./codec/superjson-codec.js";
export type {
  BypassReason,
  CacheEvent,
  CacheEventListener,
  ListenOptions,
  HitsHeard,
  InvalidateCause,
  MissReason,
  ReadMeasures,
  RefreshCause,
  RefreshOutcome,
  Source,
  StaleReason,
  VerifyOutcome,
  WriteSource,
} from "./events.js";
export { EventStream, type EventStreamListener } from "./observation/event-stream.js";
export type { ObservedEvent } from "./observation/observed-event.js";
export { Observer, type ProcessStats, type StatsRound } from "./observation/observer.js";
export type { ProcessInfo } from "./observation/process-info.js";
export type { EventWishes } from "./observation/request.js";
export { asObject, checkFlag, checkNames } from "./options-check.js";
export { PolicyTable } from "./policy/policy-table.js";
export { TIME_OPTIONS } from "./policy/parse-settings.js";
export { parseQueryPolicy, queryPolicy, strictestPolicy } from "./policy/query-policy.js";
export type { L1Policy, Policy, QueryKind } from "./policy/policy.js";
export type {
  AdaptiveSettings,
  CompressOptions,
  EarlyRefreshSettings,
  KindPolicy,
  L1Settings,
  ModelPolicy,
  QueryPolicy,
  SlidingSettings,
  StampedeSettings,
  TagsOf,
  TtlOf,
  When,
} from "./policy/settings.js";
export type { Keyring } from "./seal/keyring.js";
export { parseKeyring, type EncryptionKey, type EncryptionOptions } from "./seal/parse-keyring.js";
export { MOST_EXACT_TAGS, type Narrowing } from "./narrowing.js";
export { allTags, entryTags, type Answer, type ReadPlan } from "./read-plan.js";
export type { ReadInfo, ReadResult } from "./read-result.js";
export type { Found } from "./finder.js";
export type { L1Options } from "./l1/l1.js";
export { divideBySize, EachTick } from "./each-tick.js";
export { Generations, Room } from "./generations.js";
export { Heaviest, type Measure } from "./insight/heaviest.js";
export { EventLog } from "./log/event-log.js";
export {
  parseLogger,
  type Logger,
  type LoggerSettings,
  type LogLevel,
  type LogOrder,
  type LogSink,
} from "./log/logger.js";
export { LRUCache, type LruOptions } from "./lru-cache.js";
export type { CacheStats, CacheStatsWithQueries, StatsOptions } from "./stats.js";
export type { OperationStats } from "./read-counts.js";
export { MOST_SHAPES } from "./insight/counts-by-query.js";
export type { QueryCounts, QueryInsight, QueryStats } from "./insight/query-counts.js";
export { EVENT_CHANNEL, type EventMessage } from "./event-hub.js";
export {
  WriteFence,
  type Consistency,
  type Effects,
  type Learnt,
  type OnUnreachable,
  type Outcome,
} from "./write-fence.js";
export { createMemoryStore, type MemoryStoreOptions } from "./store/memory-store.js";
