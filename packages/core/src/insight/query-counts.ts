import type { Source } from "../events.js";
import type { ReadCounts } from "../read-counts.js";

/** How reads of one shape have fared: of one operation of a model, with the same arguments but for their values. */
export interface QueryStats {
  readonly model: string;
  readonly operation: string;
  /** The arguments without their values: `{ where: { id: ? } }`. SQL: its text, without the values in it. */
  readonly shape: string;
  /** What results depend on: tags without their values, `Product:row:?`, `Product:any`. */
  readonly tags: readonly string[];
  readonly hit: number;
  /** Served although known to be old. */
  readonly stale: number;
  readonly miss: number;
  /** Of the misses, those whose result a write had ended. */
  readonly invalidated: number;
  /** Of the queries that these sent, those that brought the same result, byte for byte: no write need have ended it. */
  readonly needless: number;
  /** Queries sent by misses and refreshes, and how long they took, in milliseconds. */
  readonly loads: number;
  readonly loadMilliseconds: number;
  /** What the queries had taken, in milliseconds, whose results were served from the cache. */
  readonly savedMilliseconds: number;
  /** Those served from the cache among the reads that looked into it, 0 to 1; 0 where there was none. */
  readonly hitRatio: number;
}

/** Of the shapes of queries that were asked, those with most of something, most first. Those with none of it are left out. */
export interface QueryInsight {
  readonly byLoads: readonly QueryStats[];
  /** By the time that the database took for them. */
  readonly byLoadMilliseconds: readonly QueryStats[];
  readonly bySavedMilliseconds: readonly QueryStats[];
  readonly byNeedless: readonly QueryStats[];
}

const NONE = {
  hit: 0,
  stale: 0,
  miss: 0,
  invalidated: 0,
  needless: 0,
  loads: 0,
  loadMilliseconds: 0,
  savedMilliseconds: 0,
};

/** Counts of one shape: a plan has them at hand, since a hit has no time to look for them. */
export type QueryCounts = { -readonly [Name in keyof typeof NONE]: number } & {
  readonly source: Source;
  /** Kinds of tags. */
  tags: readonly string[];
  /** Of all shapes of its operation. */
  readonly operation: ReadCounts;
  /** Nobody looks at them any more: `CountsByQuery.again` says which ones count. */
  isForgotten: boolean;
};

export function newCounts(source: Source, tags: readonly string[], operation: ReadCounts): QueryCounts {
  return { ...NONE, source, tags, operation, isForgotten: false };
}

/** From nothing again. */
export function forget(counts: QueryCounts): void {
  Object.assign(counts, NONE, { isForgotten: true });
}

export function statsOf({ source, tags, ...counts }: QueryCounts): QueryStats {
  const { hit, stale, miss, invalidated, needless, loads, loadMilliseconds, savedMilliseconds } = counts;
  const served = hit + stale;
  const { model, operation, shape = "" } = source;
  return {
    model,
    operation,
    shape,
    tags,
    hit,
    stale,
    miss,
    invalidated,
    needless,
    loads,
    loadMilliseconds,
    savedMilliseconds,
    hitRatio: served + miss === 0 ? 0 : served / (served + miss),
  };
}
