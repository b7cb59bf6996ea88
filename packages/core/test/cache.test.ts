import { beforeEach, describe, expect, it, vi } from "vitest";
import { createGate } from "../../testing/src/gate.js";
import { createMemoryStore } from "../src/store/memory-store.js";
import type { Policy } from "../src/policy/policy.js";
import type { Store } from "../src/store/store.js";
import type { Tag } from "../src/tag.js";
import { makeCache } from "./support/make-cache.js";
import { bumpPlan, EVERYTHING, makePlan, QUERIES, readOf, row } from "./support/plans.js";
import { startProcess } from "./support/process.js";
import { ScriptedStore } from "./support/scripted-store.js";
import { ToyDatabase } from "./support/toy-database.js";

const byId = QUERIES.byId(1);

let database: ToyDatabase;
beforeEach(() => {
  database = new ToyDatabase();
  database.bump(1);
});

describe("`close`", () => {
  it("waits for fills and releases that are on their way", async () => {
    const filling = createGate();
    const releasing = createGate();
    const process = startProcess(database, {
      hooks: { before: { fill: () => filling.pass(), release: () => releasing.pass() } },
    });
    await process.read(byId);
    await process.bump(1);
    let closed = false;
    const closing = process.cache.close().then(() => (closed = true));
    await Promise.all([filling.arrived, releasing.arrived]);
    filling.open();
    await expect.poll(() => process.of("fill")).toHaveLength(1);
    expect(closed).toBe(false);
    releasing.open();
    await closing;
    expect(process.of("release")).toHaveLength(1);
    expect(process.of("store")).toMatchObject([{ status: "closed" }]);
  });

  it("ends what was opened, and the next use opens it again", async () => {
    const stores: Store[] = [];
    const { cache } = makeCache({
      openStore: () => {
        const store = createMemoryStore();
        stores.push(store);
        return store;
      },
    });
    expect(stores).toHaveLength(0);
    await cache.close();
    expect(stores).toHaveLength(0);
    await cache.read(readOf(database, byId));
    await cache.read(readOf(database, byId));
    expect(stores).toHaveLength(1);
    await cache.close();
    await cache.close();
    expect(stores.map(({ status }) => status)).toEqual(["closed"]);
    expect((await cache.read(readOf(database, byId))).info.status).toBe("miss");
    await cache.write(bumpPlan(database, 1));
    await cache.invalidate([row(1)]);
    expect(stores.map(({ status }) => status)).toEqual(["closed", "ready"]);
  });

  it("does not fail a read that is under way", async () => {
    const { cache, readSlowly } = startProcess(database);
    const gate = createGate();
    const slow = readSlowly(byId, () => gate.pass());
    await gate.arrived;
    await cache.close();
    gate.open();
    expect((await slow).data).toMatchObject({ version: 1 });
  });
});

describe("a listener", () => {
  it("that throws fails no query and keeps no other from hearing, and is not hidden", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const { cache } = makeCache();
    const mistake = new TypeError("of the listener");
    const stop = cache.on(() => {
      throw mistake;
    });
    const heard: string[] = [];
    cache.on(({ type }) => heard.push(type));
    expect((await cache.read(readOf(database, byId))).data).toMatchObject({ version: 1 });
    await expect(cache.write(bumpPlan(database, 1))).resolves.toMatchObject({ version: 2 });
    expect(heard).toEqual(["miss", "load", "fill", "quarantine", "release"]);
    expect(warn).toHaveBeenCalledTimes(5);
    expect(warn).toHaveBeenCalledWith(mistake);
    stop();
    warn.mockRestore();
  });

  it("hears nothing more once it has gone", async () => {
    const { cache } = makeCache();
    const heard: string[] = [];
    const stop = cache.on(({ type }) => heard.push(type));
    await cache.read(readOf(database, byId));
    stop();
    await cache.read(readOf(database, byId));
    expect(heard).not.toContain("hit");
  });
});

describe("an invalidation", () => {
  it("drops what depends on its tags and nothing else, in every process", async () => {
    const store = createMemoryStore();
    database.bump(2);
    const [here, there] = [startProcess(database, { store }), startProcess(database, { store })];
    for (const id of [1, 2]) await there.read(QUERIES.byId(id));
    expect(await here.cache.invalidate([row(1)])).toBe(true);
    expect((await there.see(QUERIES.byId(1)))[0]).toBe("miss: invalidated");
    expect((await there.see(QUERIES.byId(2)))[0]).toBe("hit");
    expect(here.of("invalidate")).toEqual([{ type: "invalidate", applied: true, cause: "call", tags: [row(1)] }]);
  });

  it("of everything drops everything", async () => {
    const { cache, read, see } = startProcess(database, { everything: EVERYTHING });
    const queries = [byId, QUERIES.byName("name-1"), QUERIES.list()];
    for (const query of queries) await read(query);
    expect(await cache.invalidateAll()).toBe(true);
    for (const query of queries) expect((await see(query))[0]).toBe("miss: invalidated");
  });

  it("of nothing asks nobody", async () => {
    const store = new ScriptedStore();
    const { cache } = makeCache({ openStore: () => store });
    expect(await cache.invalidate([])).toBe(true);
    expect(store.calls).toEqual([]);
  });

  it("while a writer holds the tag leaves the lock, and the writer's token does not come back", async () => {
    const { cache, read, see } = startProcess(database);
    await read(byId);
    const fence = cache.fence();
    fence.add({ changed: [row(1)], fenced: [] });
    await fence.lock();
    await cache.invalidate([row(1)]);
    expect((await see(byId))[0]).toBe("bypass: quarantined");
    await fence.settle("rolled-back");
    expect((await see(byId))[0]).toBe("miss: invalidated");
  });
});

describe("tokens", () => {
  it("live longer than any entry, and those of whole models for a month", async () => {
    const day = 86_400_000;
    async function lifetimes(longestTtl: number, asked: Partial<Policy> = {}) {
      const minted: Record<string, number> = {};
      const mint = (tags: readonly Tag[], times: readonly number[]) =>
        tags.forEach((tag, i) => (minted[tag] = times[i]!));
      const { cache } = makeCache({ longestTtl, hooks: { before: { mint } } });
      const plan = readOf(database, byId);
      await cache.read({ ...plan, policy: { ...plan.policy, ttl: 60_000, jitter: 0, ...asked } });
      return minted;
    }
    expect(await lifetimes(60_000)).toEqual({
      "Product:by:id": 30 * day,
      "Product:any": 30 * day,
      "Product:row:1": day / 12,
    });
    const all = async (...args: Parameters<typeof lifetimes>) => [...new Set(Object.values(await lifetimes(...args)))];
    expect(await all(20 * day)).toEqual([80 * day]);
    expect(await all(60_000, { ttl: 9 * day, swr: day })).toEqual([40 * day]);
  });
});

describe("stats", () => {
  it("count each outcome once, and a copy does not change", async () => {
    const { cache, read, bump } = startProcess(database);
    const before = cache.stats();
    expect(before.hitRatio).toBe(0);
    await read(byId);
    for (let i = 0; i < 3; i++) await read(byId);
    await bump(1);
    await expect(bump(1, { run: () => Promise.reject(new Error("no")) })).rejects.toThrow("no");
    const held = bump(1, { run: () => Promise.reject(new Error("lost")), outcomeOf: () => "ambiguous" });
    await expect(held).rejects.toThrow("lost");
    await read(byId);
    await cache.invalidateAll();
    await cache.read(makePlan(async () => ({ constructor: 1 }), { key: "Product:odd", tags: [], absentTags: [] }));
    const stats = cache.stats();
    expect(stats).toMatchObject({
      reads: { hit: 3, l1Hit: 0, miss: 2, bypass: 1, missReasons: { absent: 2 }, bypassReasons: { quarantined: 1 } },
      hitRatio: 3 / 5,
      loads: { count: 2 },
      fills: { stored: 1, refused: 0, tooLarge: 0, unencodable: 1, overtaken: 0, uncertain: 0 },
      writes: { quarantined: 3, quarantineRefused: 0, released: 1, restored: 1, held: 1, releaseRefused: 0 },
      invalidations: 1,
      recovering: 0,
      breaker: { state: "closed", opened: 0 },
      warnings: 0,
    });
    expect(stats.fills.bytes).toBeGreaterThan(0);
    expect(before.reads).toEqual({
      hit: 0,
      l1Hit: 0,
      stale: 0,
      miss: 0,
      joined: 0,
      needless: 0,
      bypass: 0,
      missReasons: {},
      bypassReasons: {},
    });
  });

  it("show a store that is away", async () => {
    const store = new ScriptedStore();
    const { cache, bump, of } = startProcess(database, { openStore: () => store });
    store.behaviour = "breaks";
    await bump(1);
    await bump(1);
    const stats = cache.stats();
    expect(stats.breaker).toEqual({ state: "open", opened: 1 });
    expect(stats.writes).toMatchObject({ quarantined: 0, quarantineRefused: 2, releaseRefused: 2 });
    expect(stats.recovering).toBe(4);
    expect(of("breaker")).toMatchObject([{ state: "open" }]);
  });
});
