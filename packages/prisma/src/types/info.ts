import type { Policy, ReadInfo } from "@evercache/core";

/** Where a result came from, and why. */
export type CacheInfo = ReadInfo;

/** A result, with the word on where it came from. */
export interface ResultWithCacheInfo<Data> {
  readonly data: Data;
  readonly info: CacheInfo;
}

/** What a read that was not run would have done. */
export interface Explanation {
  readonly model: string;
  readonly operation: string;
  /** The entry's name; `null` where the query is not cached. */
  readonly key: string | null;
  /** What the result depends on. */
  readonly tags: readonly string[];
  /** What it depends on besides while it is empty: a row that is created may be the one that was asked for. */
  readonly absentTags: readonly string[];
  /** Times in milliseconds; `null` where the query is not cached. */
  readonly policy: Policy | null;
  readonly verdict: "hit" | "miss" | "bypass";
  /** A word, with a detail after a colon where there is one; `null` for a hit. */
  readonly reason: string | null;
}

/** What a read is beside a promise of its result. */
export interface WithCacheInfo<Data> {
  /** Runs the query, and tells where its result came from, and why. */
  withCacheInfo(): Promise<ResultWithCacheInfo<Data>>;
}
