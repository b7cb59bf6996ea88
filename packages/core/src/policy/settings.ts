import type { Duration } from "../duration.js";
import type { Source } from "../events.js";

/** How results are kept. Each setting left out comes from the level above: query, model, `defaults`, evercache's own. */
export interface KindPolicy {
  /**
   * How long a result may be served. Default 60 s. A function is asked for each result that is loaded: a day at most, `false`:
   * it is not stored. One that throws, or answers anything else, leaves the result out, with a warning event `TTL_FAILED`.
   */
  readonly ttl?: Duration | TtlOf;
  /**
   * How long "there is nothing", a result of `null`, may be served; `false`: it is not stored. Default: as `ttl`. The write
   * that makes it untrue ends it in any case.
   */
  readonly negativeTtl?: Duration | false;
  /** Share of the ttl by which each entry's own ttl varies, 0 to 1, so that entries do not expire together. Default 0.1. */
  readonly jitter?: number;
  /**
   * A result that is asked for lives on: each hit gives it its whole ttl again, at most once per tenth of the ttl, and never
   * beyond its cap. `true`: the cap is a day after it was loaded, or one ttl where that is longer. Default `false`.
   */
  readonly sliding?: boolean | SlidingSettings;
  /**
   * Stale while revalidate: for so long after its ttl a result that no write has touched is served all the same, while it is
   * loaded anew in the background, once at a time over all processes. Default `false`.
   */
  readonly swr?: Duration | false;
  /**
   * Results that are asked for often are loaded anew in the background shortly before their ttl is over: the sooner the longer
   * their load took and the more often they are asked for (XFetch). Default `false`.
   */
  readonly earlyRefresh?: boolean | EarlyRefreshSettings;
  /**
   * While the database cannot be reached, the last known result is served that is not older than this, counted from when it
   * was loaded, even if a write has touched it since: `info.status` says `"stale"`. Default `false`.
   */
  readonly staleIfError?: Duration | false;
  /**
   * Who shares a load that many ask for at once: the readers of one process, or those of all. Default `"process"`.
   */
  readonly stampede?: "process" | "distributed" | StampedeSettings;
  /** Results that take more than this many bytes in the store are not stored. Default 1 MiB. */
  readonly maxEntryBytes?: number;
  /**
   * Results are kept as objects in this process's memory too, in front of the store. `true`: a hit there asks nobody; what
   * others invalidate is told by messages. Default `false`.
   */
  readonly l1?: boolean | L1Settings;
  /**
   * Whether a query is cached at all: called for each, must be quick, and must return `true` or `false`. One that throws, or
   * returns anything else, leaves that query out, with a warning event `WHEN_FAILED`. Default: all are. `false` takes back
   * what the level above says.
   */
  readonly when?: When | false;
  /**
   * Names for `invalidate({ tags })` by what a result shows, besides those of its query: asked for each result that is
   * loaded and is not `null`. One that throws, or returns anything but an array of names, leaves the result out, with a warning
   * event `TAGS_FAILED`. Default: none. `false` takes back what the level above says.
   */
  readonly tags?: TagsOf | false;
  /** Results are stored compressed where that makes them smaller. Default false. */
  readonly compress?: boolean | CompressOptions;
  /**
   * Whether this process stops caching these queries of the model by itself, for a while, where writes end more results
   * than are hit. `true`: as the level above says, else as is by default for lists. Default `true` for lists (findMany, count, aggregate,
   * groupBy), `false` for reads of one row. Queries with `staleIfError`, with `stampede: "distributed"`, or with a `ttl` of their own are
   * cached all the same.
   */
  readonly adaptive?: boolean | AdaptiveSettings;
}

/** How long this very result may be served. It must not be changed. */
export type TtlOf = (result: unknown, query: Source) => Duration | false;

/** Names what this very result shows. It must not be changed. */
export type TagsOf = (result: unknown, query: Source) => readonly string[];

/** Decides by what is asked for. */
export type When = (query: Source & { readonly args: Readonly<Record<string, unknown>> }) => boolean;

export interface SlidingSettings {
  /** How old a result may become, counted from when it was loaded, however often it is asked for; not less than the ttl. */
  readonly cap?: Duration;
}

export interface EarlyRefreshSettings {
  /** How eager: 1 is the optimum of its authors, more is earlier. Above 0, up to 1000. Default 1. */
  readonly beta?: number;
}

export interface StampedeSettings {
  readonly mode?: "process" | "distributed";
  /**
   * Of `"distributed"`: how long a reader waits for another process to load before it asks the database itself. Default 2 s.
   */
  readonly wait?: Duration;
}

export interface L1Settings {
  /**
   * `"tracked"` (default): no round trip. `"validated"`: each hit asks the store for the tokens of its tags, one round trip
   * without the result, and is as true as a hit of the store.
   */
  readonly mode?: "tracked" | "validated";
  /**
   * Of `"tracked"`: how long at most after its invalidation by another process a result may be served, should messages not
   * come through; at least 50 ms. As long as they do, it is the time that a message takes. Default 1 s.
   */
  readonly maxStaleness?: Duration;
  /**
   * Callers promise to change nothing in results: all get one object, frozen, in the place of a copy each. Dates and bytes
   * cannot be frozen: who changes these, changes them for all. Default `false`.
   */
  readonly share?: boolean;
}

export interface CompressOptions {
  /** Results of fewer bytes than this are stored as they are. Default 4096. */
  readonly threshold?: number;
}

/** Counted are hits, and reads that a write has sent to the database: its results ended, or it is between lock and release. */
export interface AdaptiveSettings {
  /** Off where fewer of the reads that are counted are hits, 0 to 1. Default 0.5: more are dropped than hit. */
  readonly minHitRatio?: number;
  /** For how long they are counted before it is decided. Default 10 s. */
  readonly window?: Duration;
  /** Never off where fewer are counted in a window. Default 100. */
  readonly minReads?: number;
  /** How long it is off at first; then it is tried again. Default 30 s. */
  readonly offFor?: Duration;
  /** Each time that this does not last, it is off for twice as long as before, up to this. Default 5 min. */
  readonly maxOffFor?: Duration;
}

export interface ModelPolicy extends KindPolicy {
  /** For queries that return lists or aggregates (findMany, count, aggregate, groupBy); `false`: these are not cached. */
  readonly list?: KindPolicy | false;
}

/** What one query asked for itself; `false`: past the cache. */
export interface QueryPolicy extends Pick<
  KindPolicy,
  "negativeTtl" | "jitter" | "sliding" | "swr" | "earlyRefresh" | "staleIfError" | "stampede"
> {
  readonly ttl?: Duration;
  /** Names for `invalidate({ tags })`. */
  readonly tags?: readonly string[];
  /** `false`: not from this process's memory. */
  readonly l1?: false;
  /** This caller changes nothing in its result: where `l1` is on, it shares one frozen object with others. */
  readonly share?: boolean;
}
