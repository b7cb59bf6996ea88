import { LRUCache } from "lru-cache";
import type { DataModel } from "../schema/data-model.js";
import type { Uncacheable } from "./canonical.js";
import { dependencies, type Dependencies, type Query } from "./dependencies.js";

/** Queries whose dependencies are kept; the least recently used go first. */
const MOST_QUERIES = 5000;

/** Works out what a query depends on once for as long as it is asked again. */
export class DependencyCache {
  readonly #known = new LRUCache<string, Dependencies | Uncacheable>({ max: MOST_QUERIES });
  readonly #dataModel: DataModel;

  constructor(dataModel: DataModel) {
    this.#dataModel = dataModel;
  }

  /** `key`: equal for equal queries, and only for these. */
  of(key: string, query: Query): Dependencies | Uncacheable {
    const known = this.#known.get(key);
    if (known) return known;
    const fresh = dependencies(this.#dataModel, query);
    this.#known.set(key, fresh);
    return fresh;
  }
}
