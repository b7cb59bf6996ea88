import type { StoreHooks } from "../../../testing/src/wrap-store.js";
import type { CacheOptions } from "../../src/cache-options.js";
import type { WritePlan } from "../../src/write-plan.js";
import type { ReadResult } from "../../src/read-result.js";
import type { Store } from "../../src/store/store.js";
import { makeCache, type CacheUnderTest } from "./make-cache.js";
import { bumpPlan, readOf, readPlan, type Query } from "./plans.js";
import type { Row, ToyDatabase } from "./toy-database.js";

/** A process of the application: a cache of its own, over a store and a database that it shares with others. */
export interface Process extends CacheUnderTest {
  /** Asks through the cache. */
  readonly read: (query: Query) => Promise<ReadResult<unknown>>;
  /** As `read`, in short: where the answer came from, and what it was. */
  readonly see: (query: Query) => Promise<[from: string, answer: unknown]>;
  /** Asks through the cache; the answer of the database comes at once, but the reader gets it when `pass` says so. */
  readonly readSlowly: (query: Query, pass: () => Promise<void>) => Promise<ReadResult<unknown>>;
  /** A new version of row `id`, through the cache. */
  readonly bump: (id: number, changes?: Partial<WritePlan<Row>>) => Promise<Row>;
}

export function startProcess(
  database: ToyDatabase,
  options: Partial<CacheOptions> & { readonly store?: Store; readonly hooks?: StoreHooks } = {},
): Process {
  const made = makeCache(options);
  const { cache } = made;
  return {
    ...made,
    read: (query) => cache.read(readOf(database, query)),
    async see(query) {
      const { data, info } = await cache.read(readOf(database, query));
      return [info.reason ? `${info.status}: ${info.reason}` : info.status, data];
    },
    readSlowly: (query, pass) =>
      cache.read(
        readPlan(query, async () => {
          const answer = query.answer(database.now);
          await pass();
          return answer;
        }),
      ),
    bump: (id, changes) => cache.write(bumpPlan(database, id, changes)),
  };
}
