import { L1_TIER } from "./l1/l1.js";
import type { Switched } from "./adaptive/adaptive-switch.js";
import type { BypassReason, CacheEvent, MissReason, VerifyOutcome } from "./events.js";

/** Counts since the extension was created. A copy: it does not change afterwards. */
export interface CacheStats {
  readonly reads: {
    readonly hit: number;
    /** Of the hits, those that this process answered from its own memory, in front of the store. */
    readonly l1Hit: number;
    /** Served although known to be old: expired within `swr`, or while the database could not be reached. */
    readonly stale: number;
    readonly miss: number;
    readonly bypass: number;
    readonly missReasons: Readonly<Partial<Record<MissReason, number>>>;
    readonly bypassReasons: Readonly<Partial<Record<BypassReason, number>>>;
  };
  /** Those served from the cache among the reads that looked into it (hits, stale and misses), 0 to 1; 0 where there was none. */
  readonly hitRatio: number;
  /**
   * Queries that misses, and results that were loaded anew, sent to the database, and how long these took, in milliseconds.
   * Bypasses are not among them.
   */
  readonly loads: { readonly count: number; readonly milliseconds: number };
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

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends object ? Mutable<T[K]> : T[K] };

/** Counts events. */
export class StatsCounter {
  readonly #stats: Mutable<CacheStats> = {
    reads: { hit: 0, l1Hit: 0, stale: 0, miss: 0, bypass: 0, missReasons: {}, bypassReasons: {} },
    hitRatio: 0,
    loads: { count: 0, milliseconds: 0 },
    refreshes: { stored: 0, elsewhere: 0, unneeded: 0, notStored: 0, failed: 0 },
    waits: { answered: 0, notStored: 0, timedOut: 0 },
    fills: { stored: 0, refused: 0, tooLarge: 0, unencodable: 0, overtaken: 0, uncertain: 0, unwanted: 0, bytes: 0 },
    writes: { quarantined: 0, quarantineRefused: 0, released: 0, restored: 0, held: 0, releaseRefused: 0 },
    invalidations: 0,
    verified: { match: 0, violation: 0, inconclusive: 0 },
    recovering: 0,
    isPaused: false,
    adaptive: { off: [], switchedOff: 0 },
    breaker: { state: "closed", opened: 0 },
    warnings: 0,
  };

  count(event: CacheEvent): void {
    const { reads, loads, refreshes, waits, fills, writes, breaker } = this.#stats;
    switch (event.type) {
      case "hit":
        this.hit(event.tier);
        return;
      case "miss":
        reads.miss++;
        reads.missReasons[event.reason] = (reads.missReasons[event.reason] ?? 0) + 1;
        return;
      case "stale":
        reads.stale++;
        return;
      case "refresh":
        refreshes[event.outcome === "not-stored" ? "notStored" : event.outcome]++;
        return;
      case "wait":
        waits[WAIT_COUNTERS[event.outcome]]++;
        return;
      case "bypass":
        reads.bypass++;
        reads.bypassReasons[event.reason] = (reads.bypassReasons[event.reason] ?? 0) + 1;
        return;
      case "load":
        loads.count++;
        loads.milliseconds += event.milliseconds;
        return;
      case "fill":
        if (event.outcome === "stored") {
          fills.stored++;
          fills.bytes += event.bytes;
        } else if (event.outcome === "too-large") fills.tooLarge++;
        else fills[event.outcome]++;
        return;
      case "quarantine":
        if (event.outcome === "locked") writes.quarantined++;
        else writes.quarantineRefused++;
        return;
      case "release":
        writes[RELEASE_COUNTERS[event.outcome]]++;
        return;
      case "verify":
        this.#stats.verified[event.outcome]++;
        return;
      case "invalidate":
        this.#stats.invalidations++;
        return;
      case "recovery":
        this.#stats.recovering = event.pending;
        return;
      case "pause":
        this.#stats.isPaused = event.isPaused;
        return;
      case "adaptive":
        this.#switch(event);
        return;
      case "breaker":
        breaker.state = event.state;
        if (event.state === "open") breaker.opened++;
        return;
      case "warning":
        this.#stats.warnings++;
        return;
      case "store":
      case "channel":
        return;
      default:
        return event satisfies never;
    }
  }

  #switch({ model, kind, isOff }: Switched & { readonly isOff: boolean }): void {
    const { adaptive } = this.#stats;
    adaptive.off = adaptive.off.filter((one) => one.model !== model || one.kind !== kind);
    if (!isOff) return;
    adaptive.off.push({ model, kind });
    adaptive.switchedOff++;
  }

  /** As `count` of such an event. */
  hit(tier: string): void {
    this.#stats.reads.hit++;
    if (tier === L1_TIER) this.#stats.reads.l1Hit++;
  }

  snapshot(): CacheStats {
    const copy = structuredClone(this.#stats);
    const { hit, stale, miss } = copy.reads;
    const served = hit + stale;
    copy.hitRatio = served + miss === 0 ? 0 : served / (served + miss);
    return copy;
  }
}

const WAIT_COUNTERS = { answered: "answered", "not-stored": "notStored", "timed-out": "timedOut" } as const;

const RELEASE_COUNTERS = {
  changed: "released",
  unchanged: "restored",
  held: "held",
  refused: "releaseRefused",
} as const;
