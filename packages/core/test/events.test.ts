import { channel, subscribe, unsubscribe } from "node:diagnostics_channel";
import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { createGate } from "../../testing/src/gate.js";
import { EVENT_CHANNEL, type EventMessage } from "../src/event-hub.js";
import { createMemoryStore } from "../src/store/memory-store.js";
import type { CacheEvent } from "../src/events.js";
import { Cache } from "../src/cache.js";
import { makeCache, LONG } from "./support/make-cache.js";
import { ALL, EVERYTHING, LOOKUP, makePlan, named, POLICY, QUERIES, readOf, row } from "./support/plans.js";
import { startProcess } from "./support/process.js";
import { ToyDatabase } from "./support/toy-database.js";

const byId = QUERIES.byId(1);
const SOURCE = { model: "Product", operation: "findUnique" } as const;

let database: ToyDatabase;
beforeEach(() => {
  database = new ToyDatabase();
  database.bump(1);
});

/** A cache that nobody listens to. */
function unheard(name: string): Cache {
  const cache = new Cache({
    name,
    openStore: () => createMemoryStore(),
    consistency: "bounded",
    onUnreachable: "proceed",
    deadline: LONG,
    writeDeadline: LONG,
    lease: LONG,
    ambiguousLease: LONG,
    longestTtl: LONG,
    everything: EVERYTHING,
  });
  onTestFinished(() => cache.close());
  return cache;
}

describe("the channel of this process", () => {
  it("has the events of every cache, each under its name, until nobody subscribes", async () => {
    const heard: EventMessage[] = [];
    const listen = (message: unknown): void => void heard.push(message as EventMessage);
    const [shop, blog] = [unheard("shop"), unheard("blog")];
    subscribe(EVENT_CHANNEL, listen);
    await shop.read(readOf(database, byId));
    await blog.invalidate([row(1)]);
    unsubscribe(EVENT_CHANNEL, listen);
    await shop.read(readOf(database, byId));
    const seen = heard.map(({ namespace, event }) => `${namespace} ${event.type}`);
    expect(seen).toEqual(["shop miss", "shop load", "shop fill", "blog invalidate"]);
    expect(channel(EVENT_CHANNEL).hasSubscribers).toBe(false);
  });

  it("has warnings too, which are printed all the same", () => {
    const printed = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    onTestFinished(() => printed.mockRestore());
    const heard: CacheEvent[] = [];
    const listen = (message: unknown): void => void heard.push((message as EventMessage).event);
    subscribe(EVENT_CHANNEL, listen);
    onTestFinished(() => void unsubscribe(EVENT_CHANNEL, listen));
    unheard("shop").report({ type: "warning", code: "SOME", message: "something" });
    expect(heard).toEqual([{ type: "warning", code: "SOME", message: "something" }]);
    expect(printed).toHaveBeenCalledExactlyOnceWith("something", { type: "EvercacheWarning", code: "SOME" });
  });
});

describe("reads", () => {
  it("tell how long they took, and what a hit saved", async () => {
    const { read, of } = startProcess(database);
    await read(byId);
    await read(byId);
    const [miss] = of("miss");
    expect(miss).toMatchObject({ ...SOURCE, reason: "absent", tagCount: 2 });
    expect(miss!.milliseconds).toBeGreaterThan(0);
    const [load] = of("load");
    expect(load).toMatchObject({ ...SOURCE, rows: 1 });
    const [fill] = of("fill");
    expect(fill!.encodeMilliseconds).toBeGreaterThan(0);
    const [hit] = of("hit");
    expect(hit).toMatchObject({ ...SOURCE, tier: "memory", tagCount: 2 });
    // As a number of four bytes in the entry.
    expect(hit!.savedMilliseconds).toBe(Math.fround(load!.milliseconds));
    expect(hit!.bytes).toBeGreaterThan(10);
    expect(hit!.decodeMilliseconds).toBeGreaterThan(0);
    expect(hit!.milliseconds).toBeGreaterThan(hit!.decodeMilliseconds!);
  });

  it("tell how many rows they loaded", async () => {
    const { cache, of } = makeCache();
    const loading = (value: unknown, key: string) => cache.read(makePlan(async () => value, { key }));
    await loading([1, 2, 3], "a");
    await loading(null, "b");
    await loading(7, "c");
    expect(of("load").map(({ rows }) => rows)).toEqual([3, 0, 1]);
  });

  it("tell of a query that failed", async () => {
    const { cache, of } = makeCache();
    const error = new Error("no such column");
    await expect(cache.read(makePlan(() => Promise.reject(error)))).rejects.toBe(error);
    expect(of("load")).toMatchObject([{ ...SOURCE, rows: null, error }]);
    const { loads, models } = cache.stats();
    expect(loads).toMatchObject({ count: 1, failed: 1 });
    expect(models["Product"]!["findUnique"]).toMatchObject({ miss: 1, loads: 1, failedLoads: 1 });
  });

  it("tell that they joined another reader's query", async () => {
    const gate = createGate();
    const { cache, readSlowly, of } = startProcess(database);
    const first = readSlowly(byId, () => gate.pass());
    await gate.arrived;
    const second = readSlowly(byId, () => gate.pass());
    await expect.poll(() => of("join")).toEqual([{ type: "join", ...SOURCE, key: byId.key }]);
    gate.open();
    await Promise.all([first, second]);
    expect(cache.stats().reads).toMatchObject({ miss: 2, joined: 1 });
    expect(cache.stats().loads.count).toBe(1);
  });

  it("are counted by operation, whether or not anybody listens", async () => {
    const cache = unheard("shop");
    const list = { ...readOf(database, QUERIES.list()), source: { model: "Product", operation: "findMany" } };
    for (const plan of [readOf(database, byId), readOf(database, byId), list, list, list]) await cache.read(plan);
    await cache.invalidate(EVERYTHING);
    await cache.read(list);
    const { models, reads, savedMilliseconds } = cache.stats();
    expect(models).toMatchObject({
      Product: {
        findUnique: { hit: 1, miss: 1, loads: 1, invalidated: 0 },
        findMany: { hit: 2, miss: 2, loads: 2, invalidated: 1 },
      },
    });
    expect(reads).toMatchObject({ hit: 3, miss: 3 });
    const saved = Object.values(models["Product"]!).map((operation) => operation.savedMilliseconds);
    expect(saved.reduce((sum, each) => sum + each)).toBeCloseTo(savedMilliseconds, 10);
    expect(savedMilliseconds).toBeGreaterThan(0);
  });
});

describe("writes", () => {
  it("tell which they are, and how long their locks and the end of these took", async () => {
    const source = { model: "Product", operation: "update" };
    let now = 0;
    const takes = (milliseconds: number) => async () => void (now += milliseconds);
    const before = { quarantine: takes(3), release: takes(5) };
    const { bump, of } = startProcess(database, { monotonicNow: () => now, hooks: { before } });
    await bump(1, { source });
    expect(of("quarantine")).toMatchObject([{ outcome: "locked", source, milliseconds: 3 }]);
    expect(of("release")).toMatchObject([{ outcome: "changed", source, milliseconds: 5 }]);
    expect(of("release")[0]!.tags).toContain(row(1));
  });

  it("of which nothing is known have no source", async () => {
    const { bump, of } = startProcess(database);
    await bump(1);
    expect([...of("quarantine"), ...of("release")].map(({ source }) => source)).toEqual([null, null]);
  });
});

describe("what is stored", () => {
  it("is seen to be dead where a write came before it", async () => {
    const gate = createGate();
    const { cache, readSlowly, bump, of } = startProcess(database, { verify: 1 });
    const late = readSlowly(byId, () => gate.pass());
    await gate.arrived;
    await bump(1);
    gate.open();
    await late;
    await expect.poll(() => of("fill-verify")).toMatchObject([{ outcome: "dead", key: byId.key }]);
    await startProcess(database).read(byId);
    await cache.read(readOf(database, byId));
    await expect.poll(() => of("fill-verify").map(({ outcome }) => outcome)).toEqual(["dead", "alive"]);
    expect(cache.stats().verifiedFills).toEqual({ alive: 1, dead: 1 });
  });

  it("under a lock is neither dead nor alive", async () => {
    const [loading, writing, looked] = [createGate(), createGate(), createGate()];
    const { cache, readSlowly, bump, of } = startProcess(database, {
      verify: 1,
      hooks: { after: { lookup: (key) => (key === null ? looked.pass() : undefined) } },
    });
    looked.open();
    const late = readSlowly(byId, () => loading.pass());
    await loading.arrived;
    const run = async () => {
      await writing.pass();
      throw new Error("rolled back");
    };
    const written = bump(1, { run }).catch(() => {});
    await writing.arrived;
    loading.open();
    await late;
    await looked.arrived;
    writing.open();
    await written;
    await cache.close();
    expect(of("fill")).toMatchObject([{ outcome: "stored" }]);
    expect(of("fill-verify")).toEqual([]);
  });
});

describe("this process's memory", () => {
  it("tells what it holds, and what it no longer knows", async () => {
    const { cache, of } = makeCache({ l1: { maxEntries: 10, maxBytes: 1 << 20, leastStaleness: 1000 } });
    const policy = { ...POLICY, l1: { mode: "tracked", maxStaleness: 1000, share: false } } as const;
    const plan = makePlan(async () => ({ value: 1 }), { policy, tags: [ALL, LOOKUP, named("x")] });
    expect(cache.stats().l1).toEqual({ entries: 0, bytes: 0 });
    for (let i = 0; i < 3; i++) await cache.read(plan);
    expect(cache.readNow(plan)).toEqual({ value: 1 });
    const { entries, bytes } = cache.stats().l1;
    expect(entries).toBe(1);
    expect(bytes).toBeGreaterThan(500);
    expect(of("l1")).toEqual([]);
    await cache.invalidate([LOOKUP, named("x")]);
    expect(of("l1")).toMatchObject([{ outcome: "dropped", cause: "told", tokens: 2 }]);
  });
});
