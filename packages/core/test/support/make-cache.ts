import { onTestFinished } from "vitest";
import { wrapStore, type StoreHooks } from "../../../testing/src/wrap-store.js";
import { Cache } from "../../src/cache.js";
import type { CacheOptions } from "../../src/cache-options.js";
import type { CacheEvent } from "../../src/events.js";
import { createMemoryStore } from "../../src/store/memory-store.js";
import type { Store } from "../../src/store/store.js";
import { EVERYTHING } from "./plans.js";

/** Never reached by a test that does not mean to. */
export const LONG = 60_000;

export interface CacheUnderTest {
  readonly cache: Cache;
  /** What the cache and its wrapper stand on: what is done here no hook sees. */
  readonly store: Store;
  readonly events: CacheEvent[];
  /** The events of one type. */
  readonly of: <T extends CacheEvent["type"]>(type: T) => Extract<CacheEvent, { type: T }>[];
}

/** A cache over a store in memory, or over `store`; closed when the test is over. */
export function makeCache(
  options: Partial<CacheOptions> & { readonly store?: Store; readonly hooks?: StoreHooks } = {},
): CacheUnderTest {
  const { store = createMemoryStore(), hooks = {}, ...rest } = options;
  const cache = new Cache({
    openStore: () => wrapStore(store, hooks),
    consistency: "bounded",
    onUnreachable: "proceed",
    deadline: 5000,
    writeDeadline: 5000,
    lease: LONG,
    ambiguousLease: 2 * LONG,
    longestTtl: 86_400_000,
    everything: EVERYTHING,
    ...rest,
  });
  const events: CacheEvent[] = [];
  cache.on((event) => events.push(event));
  onTestFinished(() => cache.close());
  return {
    cache,
    store,
    events,
    of: (type) => events.filter((event): event is Extract<CacheEvent, { type: typeof type }> => event.type === type),
  };
}
