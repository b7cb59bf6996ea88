import type { CacheStats } from "@evercache/core";
import type { Bounds } from "./bounds.js";
import type { RedisProbe } from "./redis/redis-probe.js";
import { Tally } from "./tally.js";

/** One cache, as metrics see it. */
export class Source {
  readonly tally: Tally;
  #stats: CacheStats | undefined;

  /** `name`: the label `cache` of its series. */
  constructor(
    readonly name: string,
    private readonly cache: { stats(): CacheStats },
    bounds: Bounds,
    readonly redis: RedisProbe | undefined,
  ) {
    this.tally = new Tally(bounds);
  }

  /** Taken once a scrape, which asks every metric in one tick. */
  get stats(): CacheStats {
    if (this.#stats) return this.#stats;
    queueMicrotask(() => (this.#stats = undefined));
    return (this.#stats = this.cache.stats());
  }
}
