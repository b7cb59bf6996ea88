import type { AdaptiveChange, Switched } from "./adaptive/adaptive-switch.js";
import type { StoreStatus } from "./store/store.js";
import type { Tag } from "./tag.js";

/** Why a read did not look into the cache, or did not trust what it found there. */
export type BypassReason =
  | "policy"
  | "query"
  | "transaction"
  | "uncacheable"
  | "quarantined"
  | "joined"
  | "unreachable"
  | "recovering"
  | "inner-extension"
  | "namespace-taken"
  | "paused"
  | "adaptive";

/** Why a result was served that is known to be old. `unreachable`: the database could not be reached. */
export type StaleReason = "expired" | "unreachable";

/** What a result is loaded anew for: that it expired, or that it soon will. */
export type RefreshCause = "expired" | "early";

/**
 * `elsewhere`: another process is at it; `unneeded`: it has been done meanwhile, or a write is under way; `not-stored`: loaded,
 * but see the `fill` event.
 */
export type RefreshOutcome = "stored" | "elsewhere" | "unneeded" | "not-stored" | "failed";

/**
 * Why a read found nothing that it could use. `foreign`: what was stored is of another incarnation of the server, as after a
 * failover or a restart.
 */
export type MissReason = "absent" | "expired" | "invalidated" | "foreign" | "damaged";

/** Why tags were invalidated without a write of this process: a call; a hit that `verify` proved wrong. */
export type InvalidateCause = "call" | "verify";

/**
 * What comparing a hit with the database showed. `violation`: another value, although nobody said that it changed.
 * `inconclusive`: a write came meanwhile, or the store or the database did not answer.
 */
export type VerifyOutcome = "match" | "violation" | "inconclusive";

/** Which query a report is about. */
export interface Source {
  readonly model: string;
  readonly operation: string;
  /** The query without its values, where it is known: `{ where: { id: ? } }`. */
  readonly shape?: string;
}

/** Which write a report is about. `model` is null where there are several or none: a transaction, SQL. */
export interface WriteSource {
  readonly model: string | null;
  readonly operation: string;
}

/** What is only measured while somebody listens. Left out where the store was not asked. */
export interface ReadMeasures {
  /** How long the reader waited for the cache: a hit for its result, a miss for the answer that there is none. */
  readonly milliseconds?: number;
  /** Of that, what was spent on making the result of its bytes. */
  readonly decodeMilliseconds?: number;
  /** Size of the result as it is stored. */
  readonly bytes?: number;
}

/**
 * Everything worth knowing, each outcome reported once. Stats, logs and metrics subscribe to it.
 * Times are milliseconds.
 */
export type CacheEvent =
  | (Source &
      ReadMeasures & {
        readonly type: "hit";
        readonly tier: string;
        readonly key: string;
        /** How long the query took whose result this is; 0 where that is not known. */
        readonly savedMilliseconds: number;
        /** How many tags the result depends on. */
        readonly tagCount: number;
      })
  | (Source &
      Pick<ReadMeasures, "milliseconds"> & {
        readonly type: "miss";
        readonly reason: MissReason;
        readonly key: string;
        readonly tagCount: number;
      })
  | (Source &
      Pick<ReadMeasures, "milliseconds"> & {
        readonly type: "stale";
        readonly reason: StaleReason;
        readonly tier: string;
        readonly key: string;
        readonly savedMilliseconds: number;
        /** Why the database could not be reached. */
        readonly error?: unknown;
      })
  | (Source & {
      readonly type: "refresh";
      readonly cause: RefreshCause;
      readonly outcome: RefreshOutcome;
      readonly key: string;
      readonly error?: unknown;
    })
  | (Source & {
      /** A reader waited for another process to load: it did; it could not store its result; it took too long. */
      readonly type: "wait";
      readonly outcome: "answered" | "not-stored" | "timed-out";
      readonly key: string;
      readonly milliseconds: number;
    })
  | (Source & { readonly type: "bypass"; readonly reason: BypassReason; readonly detail?: string })
  /** A reader waits for the query that another reader of this process has sent. */
  | (Source & { readonly type: "join"; readonly key: string })
  | (Source & {
      readonly type: "load";
      readonly key: string;
      readonly milliseconds: number;
      /** How many rows the result has; of a single one, or a number, 1; null where the query failed. */
      readonly rows: number | null;
      /** What the query failed with. */
      readonly error?: unknown;
    })
  /** What a write had ended was loaded again, and is the same, byte for byte. */
  | (Source & { readonly type: "needless"; readonly key: string; readonly tagCount: number })
  | (Source & {
      readonly type: "fill";
      /**
       * `overtaken`: not stored, since a write came while it was loaded; `uncertain`: a "not found" that may be wrong;
       * `unwanted`: the policy does not keep it.
       */
      readonly outcome: "stored" | "too-large" | "unencodable" | "refused" | "overtaken" | "uncertain" | "unwanted";
      readonly key: string;
      readonly bytes: number;
      /** How long the store took, where it was asked. */
      readonly milliseconds?: number;
      /** How long the result took to be encoded, where that was measured. */
      readonly encodeMilliseconds?: number;
      readonly error?: unknown;
    })
  | {
      readonly type: "quarantine";
      readonly outcome: "locked" | "refused";
      readonly source: WriteSource | null;
      readonly tags: readonly Tag[];
      readonly milliseconds: number;
      readonly error?: unknown;
    }
  | {
      readonly type: "release";
      readonly outcome: "changed" | "unchanged" | "held" | "refused";
      readonly source: WriteSource | null;
      readonly tags: readonly Tag[];
      readonly milliseconds: number;
      readonly error?: unknown;
    }
  | (Source & { readonly type: "verify"; readonly outcome: VerifyOutcome; readonly key: string })
  /**
   * Of the share of stored results that `verify` looks at: `dead`: a write came before it was stored, so that it will never be
   * served.
   */
  | (Source & { readonly type: "fill-verify"; readonly outcome: "alive" | "dead"; readonly key: string })
  | {
      readonly type: "invalidate";
      readonly applied: boolean;
      readonly cause: InvalidateCause;
      readonly tags: readonly Tag[];
    }
  | { readonly type: "store"; readonly status: StoreStatus; readonly error?: unknown }
  | {
      /** Whether this process is told of what others invalidate in these groups of tags: models, and tags of the application. */
      readonly type: "channel";
      readonly status: "following" | "lost";
      readonly groups: readonly string[];
      readonly error?: unknown;
    }
  /** Tokens that this process no longer knows, and so the results in its memory that depend on them: they are asked for again. */
  | { readonly type: "l1"; readonly outcome: "dropped"; readonly cause: "told" | "lost"; readonly tokens: number }
  | { readonly type: "breaker"; readonly state: "closed" | "open"; readonly error?: unknown }
  | { readonly type: "pause"; readonly isPaused: boolean }
  /** Reads of this kind go past the cache from now on, or no longer. */
  | (Switched & AdaptiveChange & { readonly type: "adaptive" })
  | { readonly type: "recovery"; readonly outcome: "queued" | "flushed"; readonly pending: number }
  | { readonly type: "warning"; readonly code: string; readonly message: string };

export type CacheEventListener = (event: CacheEvent) => void;

/**
 * Which hits a listener is told of. `asked`: not of those in process memory for which nobody was asked, so that they cost no more
 * than without it; `stats()` counts them. `none`: of no hits; and nothing is measured for it.
 */
export type HitsHeard = "all" | "asked" | "none";

export interface ListenOptions {
  /** Default "all". */
  readonly hits?: HitsHeard | undefined;
  /** False, for who only counts: warnings that nobody else listens for are printed all the same. Default true. */
  readonly takesWarnings?: boolean | undefined;
}
