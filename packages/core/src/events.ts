import { inspect } from "node:util";
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

/** Why a read found nothing that it could use. */
export type MissReason = "absent" | "expired" | "invalidated" | "damaged";

/**
 * What comparing a hit with the database showed. `violation`: another value, although nobody said that it changed.
 * `inconclusive`: a write came meanwhile, or the store or the database did not answer.
 */
export type VerifyOutcome = "match" | "violation" | "inconclusive";

/** Which query a report is about. */
export interface Source {
  readonly model: string;
  readonly operation: string;
}

/**
 * Everything worth knowing, each outcome reported once. Stats, logs and metrics subscribe to it.
 * Times are milliseconds.
 */
export type CacheEvent =
  | (Source & { readonly type: "hit"; readonly tier: string; readonly key: string })
  | (Source & { readonly type: "miss"; readonly reason: MissReason; readonly key: string })
  | (Source & {
      readonly type: "stale";
      readonly reason: StaleReason;
      readonly tier: string;
      readonly key: string;
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
  | (Source & { readonly type: "load"; readonly key: string; readonly milliseconds: number })
  | (Source & {
      readonly type: "fill";
      /**
       * `overtaken`: not stored, since a write came while it was loaded; `uncertain`: a "not found" that may be wrong;
       * `unwanted`: the policy does not keep it.
       */
      readonly outcome: "stored" | "too-large" | "unencodable" | "refused" | "overtaken" | "uncertain" | "unwanted";
      readonly key: string;
      readonly bytes: number;
      readonly error?: unknown;
    })
  | {
      readonly type: "quarantine";
      readonly outcome: "locked" | "refused";
      readonly tags: readonly Tag[];
      readonly error?: unknown;
    }
  | {
      readonly type: "release";
      readonly outcome: "changed" | "unchanged" | "held" | "refused";
      readonly tags: readonly Tag[];
      readonly error?: unknown;
    }
  | (Source & { readonly type: "verify"; readonly outcome: VerifyOutcome; readonly key: string })
  | { readonly type: "invalidate"; readonly applied: boolean; readonly tags: readonly Tag[] }
  | { readonly type: "store"; readonly status: StoreStatus; readonly error?: unknown }
  | {
      /** Whether this process is told of what others invalidate in these groups of tags: models, and tags of the application. */
      readonly type: "channel";
      readonly status: "following" | "lost";
      readonly groups: readonly string[];
      readonly error?: unknown;
    }
  | { readonly type: "breaker"; readonly state: "closed" | "open"; readonly error?: unknown }
  | { readonly type: "pause"; readonly isPaused: boolean }
  /** Reads of this kind go past the cache from now on, or no longer. */
  | (Switched & AdaptiveChange & { readonly type: "adaptive" })
  | { readonly type: "recovery"; readonly outcome: "queued" | "flushed"; readonly pending: number }
  | { readonly type: "warning"; readonly code: string; readonly message: string };

export type CacheEventListener = (event: CacheEvent) => void;

/**
 * Hands each event to its listeners. A listener that throws is not called back into the read or write that reported. A
 * warning that nobody listens for is printed, once.
 */
export class EventHub {
  readonly #listeners = new Set<CacheEventListener>();
  readonly #printed = new Set<string>();

  on(listener: CacheEventListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** False: nobody listens, and only warnings are worth emitting. */
  get isHeard(): boolean {
    return this.#listeners.size > 0;
  }

  emit(event: CacheEvent): void {
    if (event.type === "warning" && this.#listeners.size === 0) this.#print(event.code, event.message);
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        // An observer's mistake must not fail the application's query; it must not be hidden either.
        process.emitWarning(error instanceof Error ? error : inspect(error));
      }
    }
  }

  #print(code: string, message: string): void {
    if (this.#printed.has(code)) return;
    this.#printed.add(code);
    process.emitWarning(message, { type: "EvercacheWarning", code });
  }
}
