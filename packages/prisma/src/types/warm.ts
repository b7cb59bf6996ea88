import type { RecordedQuery } from "./recording.js";

/** A query that is not awaited yet, a function that makes one, `() => prisma.product.findMany()`, or one that was recorded. */
export type WarmQuery = PromiseLike<unknown> | (() => PromiseLike<unknown>) | RecordedQuery;

export interface WarmOptions {
  /** How many queries run at a time. Default 4. */
  readonly concurrency?: number;
  /** How many are begun in a second at most. Default: as many as there is time for. */
  readonly perSecond?: number;
  /** Called after each query. */
  readonly onProgress?: (progress: WarmProgress) => void;
  /** Begins no more queries once it is aborted: `warm` rejects with its reason. */
  readonly signal?: AbortSignal;
}

export interface WarmProgress {
  /** Queries that have ended, those that failed among them. */
  readonly done: number;
  readonly failed: number;
  /** How many there are; `null` where that is not known beforehand. */
  readonly total: number | null;
}

export interface WarmResult {
  readonly done: number;
  readonly failed: number;
  /** The first ten. */
  readonly errors: readonly unknown[];
}
