import { QUARANTINED, rowTag, type Store, type Tag, type TokenState } from "@evercache/core";
import { createRedisStore, type RedisStore, type RedisStoreOptions } from "@evercache/redis";
import { createFaultProxy, type FaultProxy } from "@evercache/testing";
import { Cluster } from "ioredis";
import { expect, vi } from "vitest";
import { afterwards } from "../setup/afterwards.js";
import { startRedisCluster, type RedisCluster } from "../setup/redis-cluster.js";

export { afterwards } from "../setup/afterwards.js";

export const LONG = 120_000;

/** Stops with the running test. */
export async function during<T extends { stop(): Promise<void> }>(servers: Promise<T>): Promise<T> {
  const started = await servers;
  afterwards(() => started.stop());
  return started;
}

/** A store that is ready, closed when the running test is over. */
export async function connect(redis: RedisStoreOptions["redis"]): Promise<RedisStore> {
  const store = createRedisStore({ redis, namespace: "test" });
  afterwards(() => store.close());
  await eventually(() => expect(store.status).toBe("ready"));
  return store;
}

/** Asks again and again, for as long as it takes a slow machine. */
export async function eventually(check: () => unknown, timeout = 30_000): Promise<void> {
  await vi.waitFor(check, { timeout, interval: 5 });
}

export async function stateOf(store: Store, tag: Tag): Promise<TokenState> {
  return (await store.lookup("none", [tag])).tokens[0]!;
}

export async function mint(store: Store, tag: Tag): Promise<string> {
  const [token] = await store.mint([tag], [LONG]);
  expect(token).toBeTypeOf("string");
  return token as string;
}

/** The key of a row tag in a store of `connect`. */
export function tagKey(model: string, row: string): string {
  return `test:tag:{${model}}:row:${row}`;
}

/** Asks `probe` as the guard of every store does, every now and then, until the test is over. */
export function probing(store: Store, interval = 100): void {
  const timer = setInterval(() => {
    if (store.status === "ready") store.probe().catch(() => {});
  }, interval);
  afterwards(() => clearInterval(timer));
}

/**
 * Rows in a database that is always right, and a cache of them, read and written at once until `stop`. Every read that is
 * a hit is compared with what was true when it began. A call that a store rejects is no hit, and no lock.
 */
export class World {
  hits = 0;
  stale: string[] = [];
  rejected = 0;
  readonly #committed = new Map<Tag, number>();
  readonly #work: Promise<void>[] = [];
  #isOver = false;
  #holders = 0;

  constructor(
    private readonly stores: readonly Store[],
    private readonly tags: readonly Tag[],
  ) {}

  start(): void {
    for (const [i, store] of this.stores.entries()) {
      for (let reader = 0; reader < 3; reader++) this.#work.push(this.#forever(() => this.#read(store)));
      this.#work.push(this.#forever(() => this.#write(store, this.tags[(i + this.#holders++) % this.tags.length]!)));
    }
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#work);
  }

  async #forever(work: () => Promise<void>): Promise<void> {
    while (!this.#isOver) {
      try {
        await work();
      } catch {
        this.rejected += 1;
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  async #write(store: Store, tag: Tag): Promise<void> {
    const holder = `w${this.#holders++}`;
    await store.quarantine(holder, [tag], LONG);
    this.#committed.set(tag, this.#value(tag) + 1);
    // A release that is rejected leaves a lock, which is safe.
    await store.release(holder, { changed: [tag], unchanged: [] });
  }

  /** Of all rows, so that tags of several models and several of one are asked for together. */
  async #read(store: Store): Promise<void> {
    const floors = this.tags.map((tag) => this.#value(tag));
    const key = "World:all";
    const { entry, tokens } = await store.lookup(key, this.tags);
    if (tokens.includes(QUARANTINED)) return;
    if (entry && !tokens.includes(null)) {
      const { stamps, values } = JSON.parse(Buffer.from(entry).toString()) as { stamps: string[]; values: number[] };
      if (stamps.every((stamp, i) => stamp === tokens[i])) {
        this.hits += 1;
        for (const [i, floor] of floors.entries()) {
          if (values[i]! < floor) this.stale.push(`${this.tags[i]}: ${values[i]} after ${floor}`);
        }
        return;
      }
    }
    const stamps = await store.mint(
      this.tags,
      this.tags.map(() => LONG),
    );
    if (stamps.includes(QUARANTINED)) return;
    const values = this.tags.map((tag) => this.#value(tag));
    await store.fill(key, Buffer.from(JSON.stringify({ stamps, values })), LONG);
  }

  #value(tag: Tag): number {
    return this.#committed.get(tag) ?? 0;
  }
}

/** Rows of a few models, two of each: both of a model are in one slot. */
export function rows(models: readonly string[]): Tag[] {
  return models.flatMap((model) => [rowTag(model, ["1"]), rowTag(model, ["2"])]);
}

/** A cluster that can only be reached through proxies: its own addresses lead nowhere from here. */
export async function proxiedCluster(): Promise<{ cluster: RedisCluster; proxies: FaultProxy[]; redis: Cluster }> {
  const cluster = await during(startRedisCluster());
  const proxies = await Promise.all(cluster.nodes.map((target) => createFaultProxy({ target })));
  for (const proxy of proxies) afterwards(() => proxy.close());
  const places = proxies.map(({ host, port }) => ({ host, port }));
  const natMap = Object.fromEntries(cluster.nodes.map(({ host, port }, i) => [`${host}:${port}`, places[i]!]));
  const redis = new Cluster(places, { natMap, lazyConnect: true });
  afterwards(() => redis.disconnect());
  return { cluster, proxies, redis };
}
