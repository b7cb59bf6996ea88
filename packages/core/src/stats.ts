import type { Switched } from "./adaptive/adaptive-switch.js";
import type { BypassReason, MissReason, VerifyOutcome } from "./events.js";
import type { QueryInsight } from "./insight/query-counts.js";
import type { OperationStats } from "./read-counts.js";

/** Counts since the extension was created. A copy: it does not change afterwards. */
export interface CacheStats {
  readonly reads: {
    readonly hit: number;
    /** Of the hits, those that this process answered from its own memory, in front of the store. */
    readonly l1Hit: number;
    /** Served although known to be old: expired within `swr`, or while the database could not be reached. */
    readonly stale: number;
    readonly miss: number;
    /** Of the misses, those that waited for another reader's query. */
    readonly joined: number;
    /** Of the misses whose result a write had ended, those for which the database had the same result again, byte for byte. */
    readonly needless: number;
    readonly bypass: number;
    readonly missReasons: Readonly<Partial<Record<MissReason, number>>>;
    readonly bypassReasons: Readonly<Partial<Record<BypassReason, number>>>;
  };
  /** Those served from the cache among the reads that looked into it (hits, stale and misses), 0 to 1; 0 where there was none. */
  readonly hitRatio: number;
  /**
   * Queries that misses, and results that were loaded anew, sent to the database, and how long these took, in milliseconds.
   * Bypasses are not among them. `failed` of them were answered with an error.
   */
  readonly loads: { readonly count: number; readonly failed: number; readonly milliseconds: number };
  /** What the queries had taken, in milliseconds, whose results were served from the cache. */
  readonly savedMilliseconds: number;
  /** The same counts by model and operation, of those that were asked for. */
  readonly models: Readonly<Record<string, Readonly<Record<string, OperationStats>>>>;
  /** Results loaded anew in the background, by what became of it. */
  readonly refreshes: Readonly<Record<"stored" | "elsewhere" | "unneeded" | "notStored" | "failed", number>>;
  /** Readers who waited for another process to load, by what became of it. */
  readonly waits: Readonly<Record<"answered" | "notStored" | "timedOut", number>>;
  readonly fills: {
    readonly stored: number;
    readonly refused: number;
    readonly tooLarge: number;
    readonly unencodable: number;
    /** Not stored, since a write came while they were loaded. Only looked for where exact tags take the place of wide ones. */
    readonly overtaken: number;
    /** "Not found", where that is not certain. */
    readonly uncertain: number;
    /** Results that the policy does not keep: `negativeTtl: false`, or a `ttl` function that says so. */
    readonly unwanted: number;
    readonly bytes: number;
  };
  readonly writes: {
    readonly quarantined: number;
    readonly quarantineRefused: number;
    readonly released: number;
    readonly restored: number;
    readonly held: number;
    readonly releaseRefused: number;
  };
  readonly invalidations: number;
  /** Stored results that were looked at again, and those of them that a write had ended before they were stored. */
  readonly verifiedFills: { readonly alive: number; readonly dead: number };
  /** What is in this process's memory, in front of the store. `bytes`: as it is estimated. */
  readonly l1: { readonly entries: number; readonly bytes: number };
  /** Hits that were compared with the database. A violation is a value that was not true any more. */
  readonly verified: Readonly<Record<VerifyOutcome, number>>;
  /** Tags whose release this process still owes the store. While above 0, nothing is served from the cache. */
  readonly recovering: number;
  /** Reads go past the cache: `$cache.pause()`. */
  readonly isPaused: boolean;
  /**
   * Which reads this process does not cache for the moment, since writes dropped more of their results than were hit, and how often
   * it has stopped doing so. What is off is so until the first read after its time.
   */
  readonly adaptive: { readonly off: readonly Switched[]; readonly switchedOff: number };
  readonly breaker: { readonly state: "closed" | "open"; readonly opened: number };
  readonly warnings: number;
}

/** What else `$cache.stats` tells. */
export interface StatsOptions {
  /** `true`: of which queries most is made, 20 of each kind. `top`: so many, 100 at most. Default `false`. */
  readonly queries?: boolean | { readonly top?: number };
}

export interface CacheStatsWithQueries extends CacheStats {
  /**
   * The shapes of queries that matter most since the extension was created. What is more than a hundredth of all loads (of all
   * time in the database, of all time saved, of all that was needless) is in its list for certain, and nothing counts too much,
   * however many different queries were asked. Exact as long as they have no more than 500 shapes.
   */
  readonly queries: QueryInsight;
}
