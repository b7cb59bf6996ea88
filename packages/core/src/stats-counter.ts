import type { Switched } from "./adaptive/adaptive-switch.js";
import type { CacheEvent, Source } from "./events.js";
import { L1_TIER } from "./l1/l1.js";
import { CountsByQuery } from "./insight/counts-by-query.js";
import type { QueryCounts, QueryInsight } from "./insight/query-counts.js";
import { CountsByOperation } from "./read-counts.js";
import type { CacheStats } from "./stats.js";
import type { Tag } from "./tag.js";

/** What somebody else knows when a snapshot is taken. */
type Present = Pick<CacheStats, "l1">;

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends object ? Mutable<T[K]> : T[K] };

/** Counts events. */
export class StatsCounter {
  readonly #operations = new CountsByOperation();
  readonly #queries = new CountsByQuery(this.#operations);
  readonly #stats: Mutable<Omit<CacheStats, "models" | keyof Present>> = {
    reads: {
      hit: 0,
      l1Hit: 0,
      stale: 0,
      miss: 0,
      joined: 0,
      needless: 0,
      bypass: 0,
      missReasons: {},
      bypassReasons: {},
    },
    hitRatio: 0,
    loads: { count: 0, failed: 0, milliseconds: 0 },
    savedMilliseconds: 0,
    refreshes: { stored: 0, elsewhere: 0, unneeded: 0, notStored: 0, failed: 0 },
    waits: { answered: 0, notStored: 0, timedOut: 0 },
    fills: { stored: 0, refused: 0, tooLarge: 0, unencodable: 0, overtaken: 0, uncertain: 0, unwanted: 0, bytes: 0 },
    writes: { quarantined: 0, quarantineRefused: 0, released: 0, restored: 0, held: 0, releaseRefused: 0 },
    invalidations: 0,
    verifiedFills: { alive: 0, dead: 0 },
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
        this.hit(this.#queries.of(event), event.tier, event.savedMilliseconds);
        return;
      case "miss":
        this.#miss(event);
        reads.miss++;
        reads.missReasons[event.reason] = (reads.missReasons[event.reason] ?? 0) + 1;
        return;
      case "stale":
        reads.stale++;
        this.#stale(event);
        return;
      case "refresh":
        refreshes[event.outcome === "not-stored" ? "notStored" : event.outcome]++;
        return;
      case "wait":
        waits[WAIT_COUNTERS[event.outcome]]++;
        return;
      case "bypass":
        reads.bypass++;
        this.#operations.of(event).bypass++;
        reads.bypassReasons[event.reason] = (reads.bypassReasons[event.reason] ?? 0) + 1;
        return;
      case "join":
        reads.joined++;
        this.#operations.of(event).joined++;
        return;
      case "load":
        loads.count++;
        if (event.rows === null) loads.failed++;
        loads.milliseconds += event.milliseconds;
        this.#load(event);
        return;
      case "needless":
        reads.needless++;
        this.#needless(event);
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
      case "fill-verify":
        this.#stats.verifiedFills[event.outcome]++;
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
      case "l1":
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

  /** The counts of the queries of one shape, for their plans. `tags`: of one of them. */
  of(source: Source, tags: readonly Tag[]): QueryCounts {
    return this.#queries.of(source, tags);
  }

  /** For a read with these counts: they are looked at, from now on. */
  look(counts: QueryCounts | undefined): void {
    if (counts?.isForgotten) this.#queries.again(counts);
  }

  /** As `count` of such an event, of reads with these counts. */
  hit(counts: QueryCounts, tier: string, savedMilliseconds: number): void {
    const stats = this.#stats;
    const query = counts.isForgotten ? this.#queries.again(counts) : counts;
    const { operation } = query;
    stats.reads.hit++;
    operation.hit++;
    query.hit++;
    if (tier === L1_TIER) {
      stats.reads.l1Hit++;
      operation.l1Hit++;
    }
    stats.savedMilliseconds += savedMilliseconds;
    operation.savedMilliseconds += savedMilliseconds;
    query.savedMilliseconds += savedMilliseconds;
  }

  #miss(event: CacheEvent & { readonly type: "miss" }): void {
    const query = this.#queries.of(event);
    for (const counts of [query, query.operation]) {
      counts.miss++;
      if (event.reason === "invalidated") counts.invalidated++;
    }
  }

  #needless(event: CacheEvent & { readonly type: "needless" }): void {
    const query = this.#queries.of(event);
    query.needless++;
    query.operation.needless++;
  }

  #stale(event: CacheEvent & { readonly type: "stale" }): void {
    const query = this.#queries.of(event);
    for (const counts of [query, query.operation]) {
      counts.stale++;
      counts.savedMilliseconds += event.savedMilliseconds;
    }
    this.#stats.savedMilliseconds += event.savedMilliseconds;
  }

  #load(event: CacheEvent & { readonly type: "load" }): void {
    const query = this.#queries.of(event);
    if (event.rows === null) query.operation.failedLoads++;
    for (const counts of [query, query.operation]) {
      counts.loads++;
      counts.loadMilliseconds += event.milliseconds;
    }
  }

  /** `top` shapes of each at most. */
  insight(top: number): QueryInsight {
    return this.#queries.insight(top);
  }

  snapshot(present: Present): CacheStats {
    const copy = { ...structuredClone(this.#stats), models: this.#operations.snapshot(), ...present };
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
