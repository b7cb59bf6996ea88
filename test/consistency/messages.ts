import type { CacheOptions, CacheStats } from "@evercache/prisma";

export type Level = NonNullable<CacheOptions["consistency"]>;
export type OnUnreachable = NonNullable<CacheOptions["onUnreachable"]>;

/** Where a worker finds Redis: one server, what sentinels watch, or the nodes of a cluster. */
export type RedisAddress =
  | { readonly kind: "standalone"; readonly url: string }
  | {
      readonly kind: "sentinel";
      readonly name: string;
      readonly sentinels: readonly { readonly host: string; readonly port: number }[];
    }
  | { readonly kind: "cluster"; readonly nodes: readonly { readonly host: string; readonly port: number }[] };

/** What a worker needs to know of a phase. */
export interface Assignment {
  readonly worker: string;
  /** Files begin with this. */
  readonly log: string;
  readonly databaseUrl: string;
  readonly redis: RedisAddress;
  readonly namespace: string;
  readonly level: Level;
  readonly onUnreachable: OnUnreachable;
  /** Nonces of this worker are above this, and those of the next above more. */
  readonly nonceBase: number;
  readonly seed: number;
  /** Reads in flight. */
  readonly readers: number;
  /** How results are kept in its memory; null: they are not. */
  readonly l1: "tracked" | "validated" | null;
  /** Whether writes leave their rows in the cache. */
  readonly refills: boolean;
  /** `naive`: a cache whose writers tell nobody; the judge must find it out. */
  readonly cache: "evercache" | "naive";
}

export type Order =
  | { readonly type: "start"; readonly assignment: Assignment }
  /** Ends what is under way. */
  | { readonly type: "stop" }
  /** Each query must become a hit that equals the database. */
  | { readonly type: "settle"; readonly patience: number }
  /** Resolves when each query has been a hit once. */
  | { readonly type: "probe"; readonly queries: readonly number[]; readonly patience: number }
  /** Begins no write until told to, and waits for those under way. */
  | { readonly type: "hold" }
  | { readonly type: "resume" }
  | { readonly type: "end" };

export type CallerErrors = Readonly<Record<string, { readonly count: number; readonly example: string }>>;

export type Report =
  | { readonly type: "started" }
  | {
      readonly type: "stopped";
      readonly reads: number;
      readonly writes: number;
      readonly stats: CacheStats;
      readonly errors: CallerErrors;
    }
  | { readonly type: "settled"; readonly milliseconds: number; readonly problems: readonly string[] }
  | { readonly type: "probed"; readonly milliseconds: number; readonly problems: readonly string[] }
  | { readonly type: "held" }
  | { readonly type: "resumed" }
  | { readonly type: "ended" };

/** Milliseconds. Short, so that phases are. */
export const LEASE = 2_000;
export const AMBIGUOUS_LEASE = 5_000;
/** As `l1: true` says. */
export const MAX_STALENESS = 1_000;
export const DEADLINE = 50;
export const WRITE_DEADLINE = 250;
/** The database gives up a statement before the lock of a writer that died lapses. */
export const STATEMENT_TIMEOUT = 1_500;
