import type {
  Codec,
  Consistency,
  Duration,
  EncryptionOptions,
  L1Options,
  Logger,
  LoggerSettings,
  ModelPolicy,
  OnUnreachable,
  QueryPolicy,
  Store,
} from "@evercache/core";
import type { RedisStoreOptions } from "@evercache/redis";

/** How finely invalidation tells the rows of a model apart. */
export interface Granularity {
  /**
   * `"row"` (default): a write drops the entries of the rows that it changes. `"model"`: it drops whatever looks at the
   * model. Cheaper for a model of which each write changes most of what is read.
   */
  readonly granularity?: "row" | "model";
}

/** Whether what is stored of a model can be read in the store. */
export interface EncryptionSetting {
  /**
   * `true`: every result that shows, filters or orders by rows of the model is stored encrypted, under a key that tells
   * nothing of the query's arguments, whichever model was asked for. Needs the option `encryption`. Tags are not encrypted.
   * Default `false`.
   */
  readonly encrypt?: boolean;
}

/** What a write leaves in the cache. */
export interface OnWriteSetting {
  /**
   * `"drop"` (default): a write drops what it changes, and the next reader loads it. `"refill"`: and a `create`, `update` or
   * `upsert` that returns the whole row leaves it in the cache as the result of `findUnique`, by its primary key and by the
   * key that the write named it by; not in transactions, nor where another write to the row is under way. Needs
   * `consistency: "bounded"` or `"strict"`.
   */
  readonly onWrite?: "drop" | "refill";
}

/** The policy of a model, and how its reads and writes meet. */
export interface ModelOptions<ModelName extends string = string>
  extends ModelPolicy, Granularity, EncryptionSetting, OnWriteSetting {
  /**
   * Columns by whose values lists are asked for, beside foreign keys, enums and booleans: a list of
   * `{ slugGroup: "a" }` is then dropped only by writes to rows that have, had or get this value. Of types whose equality is
   * certain: not Float, Json, Bytes or lists. An update that does not know the old value drops the lists of all values.
   */
  readonly trackBy?: readonly string[];
  /**
   * Columns that change often and that few look at, such as counters: an update of these alone drops only what selects,
   * filters or orders by them. A column with `@updatedAt` belongs to them if the model has one.
   */
  readonly volatile?: readonly string[];
  /**
   * Columns that are never to lie in the store in clear: a read that would show one, or names one in its arguments, is not
   * cached, unless the model is encrypted. None of a primary key or of a relation.
   */
  readonly exclude?: readonly string[];
  /** Models whose rows change with each write to this one without Prisma's knowledge: by database triggers. */
  readonly alsoWrites?: readonly ModelName[];
}

/** The options of `cacheExtension`. Durations are a number of seconds or a string: `"500ms"`, `"30s"`, `"5m"`, `"2h"`. */
export interface CacheOptions<ModelName extends string = string> {
  /**
   * Where entries live: a client of ioredis 5 or 6, a `Cluster` too, a URL (`"redis://…"`, `"rediss://…"`) or ioredis
   * options, with `sentinels` too. The cache opens connections of its own; a client that is given is only read, and stays open.
   * Left out, with `store` left out too: this process's memory.
   */
  readonly redis?: RedisStoreOptions["redis"] | undefined;
  /** Another place for entries; not together with `redis`. It keeps the promises of `Store`. */
  readonly store?: Store | undefined;
  /** Begins every key. Applications that share a Redis have one each, and so has each database. Default `"evercache"`. */
  readonly namespace?: string | undefined;
  /**
   * Names the database, where evercache cannot tell two of them apart by itself (MySQL servers whose databases have one
   * name) or takes one for two (a PostgreSQL server that is replaced by another with the same rows). Default: what the
   * database says of itself. A client of another database in the same namespace caches nothing, with a warning event
   * `NAMESPACE_TAKEN`.
   */
  readonly databaseId?: string | undefined;
  /**
   * What a write waits for. `"bounded"` (default): for its rows to be locked before it, so that a writer that dies leaves
   * nothing stale. `"eventual"`: for its release alone, after it; a writer that dies in between leaves what it changed
   * stale until the ttl. `"strict"`: as `"bounded"`, and for a replica of Redis to have the locks, so that they outlive a
   * failover; a write that cannot name its rows beforehand runs in a transaction of its own, which costs two more round
   * trips to the database.
   */
  readonly consistency?: Consistency | undefined;
  /** For models that `models` does not name. Default `{ ttl: "60s", jitter: 0.1 }`. */
  readonly defaults?: (ModelPolicy & Granularity & EncryptionSetting & OnWriteSetting) | false | undefined;
  /**
   * How much of this process's memory the results of models with `l1` may take: by default 10,000 results and 64 MiB, by an
   * estimate from their encoded size. The least recently used go first.
   */
  readonly l1?: Partial<L1Options> | undefined;
  /** A policy a model; `false`: never cached. */
  readonly models?: { readonly [Model in ModelName]?: ModelOptions<ModelName> | false } | undefined;
  /** The text of `schema.prisma`, for a client that does not carry it. Default: the client's own. */
  readonly schema?: string | undefined;
  /**
   * Names the reader where the database shows different readers different rows (row-level security, tenants). Entries of
   * one scope are never served in another. Called for every read.
   */
  readonly scope?: (() => string) | undefined;
  /**
   * A query extension that was put inside the cache past the client's own `$extends` may rewrite what the cache has asked
   * for. `"uncached"` (default): reads through such a client are not cached, and a warning event `INNER_EXTENSION` says so.
   * `"trusted"`: they are, since these extensions change no result.
   */
  readonly innerExtensions?: "uncached" | "trusted" | undefined;
  /**
   * Whether reads may be answered without Prisma's machinery of query extensions, which takes longer than a hit in memory.
   * `true` (default): reads to which no other query extension and no computed field applies. `"trusted"`: those with other
   * query extensions too. These change neither arguments nor results, and do not run for hits. `false`: no reads.
   */
  readonly fastPath?: boolean | "trusted" | undefined;
  /** How long a read waits for the store before it goes to the database. Default 50 ms. */
  readonly deadline?: Duration | undefined;
  /** How long a write waits for the store before `onUnreachable` decides. Default 250 ms. */
  readonly writeDeadline?: Duration | undefined;
  /** How long a writer that died without a word keeps its rows out of the cache. Default 10 s, at least 1 s. */
  readonly lease?: Duration | undefined;
  /**
   * The same after a commit of which nobody knows whether it happened: longer than the database takes to decide. Default
   * 60 s, at least `lease`.
   */
  readonly ambiguousLease?: Duration | undefined;
  /**
   * Whether a write is acknowledged only when its release has landed, which costs a round trip. This process sees its own
   * writes at once either way. Default: where the write's lock may have been lost, which it cannot at `"bounded"` while the policy of Redis is
   * `noeviction`, the connection lasts, and half of the `lease` is left. `false`, at `"bounded"` only: another process may be served the old value
   * for as long as the release is on its way, if the lock was lost (evicted, flushed).
   */
  readonly awaitRelease?: boolean | undefined;
  /**
   * The share of hits, 0 to 1, that are compared with the database after they were answered: `0.001` is one in a thousand.
   * A difference is a `verify` event, a count in `stats().verified`, and drops the models. Default 0.
   */
  readonly verify?: number | undefined;
  /**
   * Whether `evercache stats` and `evercache monitor` may ask this process, through Redis, what its cache counts and does. It
   * sends nothing before it is asked. `true` costs a connection to Redis where no model has `l1: true`, over whose connection it
   * is asked else. Default: `true` there, else `false`. Without effect in process memory.
   */
  readonly observable?: boolean | undefined;
  /**
   * Where trouble is told, in place of Node's process warnings: `console`, a logger of pino or winston, or whatever else has the
   * methods `debug`, `info`, `warn` and `error`. `{ logger, level: "warn" }`: less; `"debug"`: each read and write. The default,
   * `"info"`, costs a hit nothing. Above `"debug"` the same is said once a second at most, and no values of the application's. A
   * logger that throws or rejects harms nothing.
   */
  readonly logger?: Logger | LoggerSettings | undefined;
  /**
   * Of how many rows at least, and twice as many at most, this process remembers the values by which others find them, as
   * it last saw them: unique values, foreign keys, enums. An update or a delete of such a row by its primary key has them in
   * its `where` too, so that it need not keep readers away from all values while it runs; if they are out of date it finds
   * nothing and runs once more as it was given. Of a model of which so many were read and none was written, no more are
   * remembered until one is. On PostgreSQL, CockroachDB and SQLite, outside of batches. 0: none. Default 10,000.
   */
  readonly rememberRows?: number | undefined;
  /** What a write does when the store cannot be told of it: go on (`"proceed"`, default) or fail (`"reject"`). */
  readonly onUnreachable?: OnUnreachable | undefined;
  /** How results become bytes. Default: one that keeps every type that Prisma returns. */
  readonly codec?: Codec | undefined;
  /**
   * The keys with which the entries of models with `encrypt: true` are encrypted (AES-256-GCM): the first encrypts, each of
   * them decrypts. To rotate, put a new one first, and take the old one away once its entries have expired.
   */
  readonly encryption?: EncryptionOptions | undefined;
}

/** What every read takes beside Prisma's own arguments. */
export interface CacheArgument {
  /** A policy for this read; `false`: past the cache. */
  readonly cache?: QueryPolicy | false | undefined;
}
