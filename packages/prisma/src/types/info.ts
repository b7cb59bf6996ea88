import type { Policy, ReadInfo } from "@evercache/core";

/** Where a result came from, and why. */
export type CacheInfo = ReadInfo;

/** A result, with the word on where it came from. */
export interface ResultWithCacheInfo<Data> {
  readonly data: Data;
  readonly info: CacheInfo;
}

/** What a query that was not run would have done. */
export type Explanation = ReadExplanation | WriteExplanation;

/** What a read would have done. */
export interface ReadExplanation {
  readonly kind: "read";
  readonly model: string;
  readonly operation: string;
  /** The entry's name; `null` where the query is not cached. */
  readonly key: string | null;
  /** What the result depends on, as far as the arguments tell. */
  readonly tags: readonly string[];
  /** What a query by key depends on instead while it finds nothing. Empty: on `tags`. */
  readonly absentTags: readonly string[];
  /** What the entry that is there now depends on, which its result may tell more exactly; `null` where it is neither hit nor stale. */
  readonly entryTags: readonly string[] | null;
  /**
   * Of each of `tags` and `absentTags` that stands for more than one row or value, a sentence that says why it is there.
   * For people: the wording may change.
   */
  readonly reasons: Readonly<Record<string, string>>;
  /** Times in milliseconds; `null` where the query is not cached. */
  readonly policy: Policy | null;
  /** The way that it takes: past Prisma's machinery of query extensions, or through it. */
  readonly path: "fast" | "hook";
  /** `stale`: expired, and served while it is loaded anew. */
  readonly verdict: "hit" | "stale" | "miss" | "bypass";
  /** A word, with a detail after a colon where there is one; `null` for `hit` and `stale`. */
  readonly reason: string | null;
}

/** What a write, or a statement in SQL, would have dropped. */
export interface WriteExplanation {
  readonly kind: "write";
  /** `null` for SQL. */
  readonly model: string | null;
  readonly operation: string;
  /** Those whose rows change, or may: also by nested writes, referential actions and `alsoWrites`. */
  readonly models: readonly string[];
  /** What depends on one of these is dropped. Empty for SQL that only reads. */
  readonly changed: readonly string[];
  /**
   * What depends on one of these is kept from readers until the row has come back. Then that is dropped which depends on
   * the row, by the tags that it names, and the rest is served again.
   */
  readonly fenced: readonly string[];
  /**
   * Of each of `changed` and `fenced` that stands for more than one row or value, a sentence that says why it is there.
   * For people: the wording may change.
   */
  readonly reasons: Readonly<Record<string, string>>;
}

/** What a read is beside a promise of its result. */
export interface WithCacheInfo<Data> {
  /** Runs the query, and tells where its result came from, and why. */
  withCacheInfo(): Promise<ResultWithCacheInfo<Data>>;
}
