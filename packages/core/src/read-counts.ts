import type { Source } from "./events.js";

/** How reads of one operation of a model have fared since the extension was created. Times in milliseconds. */
export interface OperationStats {
  readonly hit: number;
  /** Of the hits, those in this process's memory, in front of the store. */
  readonly l1Hit: number;
  readonly stale: number;
  readonly miss: number;
  /** Of the misses, those whose result a write had ended. */
  readonly invalidated: number;
  /** Of the queries that these sent, those that brought the same result again, byte for byte. */
  readonly needless: number;
  /** Of the misses, those that waited for another reader's query. */
  readonly joined: number;
  readonly bypass: number;
  /** Queries sent by misses and refreshes, and how long they took. */
  readonly loads: number;
  readonly failedLoads: number;
  readonly loadMilliseconds: number;
  /** What the queries had taken whose results were served from the cache. */
  readonly savedMilliseconds: number;
}

/** Counts of one operation of a model. */
export type ReadCounts = { -readonly [K in keyof OperationStats]: number };

const NONE: OperationStats = {
  hit: 0,
  l1Hit: 0,
  stale: 0,
  miss: 0,
  invalidated: 0,
  needless: 0,
  joined: 0,
  bypass: 0,
  loads: 0,
  failedLoads: 0,
  loadMilliseconds: 0,
  savedMilliseconds: 0,
};

/** The counts of all operations that were asked for. */
export class CountsByOperation {
  readonly #models = new Map<string, Map<string, ReadCounts>>();

  of({ model, operation }: Source): ReadCounts {
    let operations = this.#models.get(model);
    if (!operations) this.#models.set(model, (operations = new Map<string, ReadCounts>()));
    let counts = operations.get(operation);
    if (!counts) operations.set(operation, (counts = { ...NONE }));
    return counts;
  }

  /** A copy. */
  snapshot(): Record<string, Record<string, OperationStats>> {
    const models: Record<string, Record<string, OperationStats>> = {};
    for (const [model, operations] of this.#models) {
      models[model] = Object.fromEntries([...operations].map(([operation, counts]) => [operation, { ...counts }]));
    }
    return models;
  }
}
