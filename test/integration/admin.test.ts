import { cacheExtension, type CacheEvent } from "@evercache/prisma";
import { openAdmin } from "@evercache/redis/admin";
import { Redis } from "ioredis";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { providers, redisUrl, testShop, type Provider } from "../setup/client.js";
import { settled } from "../setup/settled.js";

const PATIENCE = { timeout: 20_000, interval: 5 };
let namespaces = 0;

/** These tests are about what is cached, however slow the machine is. */
const PATIENT = { deadline: "10s", writeDeadline: "10s" } as const;

async function shop(provider: Provider, options: Parameters<typeof cacheExtension>[0] = {}) {
  const client = await testShop(provider);
  const namespace = `admin-${process.pid}-${namespaces++}`;
  const cached = client.prisma.$extends(cacheExtension({ redis: redisUrl(), namespace, ...PATIENT, ...options }));
  const events: CacheEvent[] = [];
  cached.$cache.on("event", (event) => events.push(event));
  const admin = await openAdmin({ redis: redisUrl(), namespace });
  onTestFinished(async () => {
    await admin.close();
    await cached.$cache.disconnect();
  });
  return { ...client, cached, events, admin, namespace };
}

type Cached = Awaited<ReturnType<typeof shop>>["cached"];

/** Of each kind of dependency: rows, paths, absent ones, relations, what the result tells, custom tags. */
const READS: Readonly<Record<string, (p: Cached) => ReturnType<Cached["product"]["findMany"]>>> = Object.fromEntries(
  Object.entries({
    row: (p: Cached) => p.product.findUnique({ where: { id: 1 } }),
    "another row": (p: Cached) => p.product.findUnique({ where: { id: 2 } }),
    "a row that is not there": (p: Cached) => p.product.findUnique({ where: { id: 424_242 } }),
    "a row of another model": (p: Cached) => p.user.findUnique({ where: { id: 1 } }),
    list: (p: Cached) => p.product.findMany({ where: { price: { gt: 1 } } }),
    "a list with a relation": (p: Cached) =>
      p.product.findMany({ where: { id: { lt: 4 } }, include: { reviews: true } }),
    count: (p: Cached) => p.user.count(),
    "with a tag": (p: Cached) => p.user.findMany({ take: 2, cache: { tags: ["home"] } }),
    "a long one": (p: Cached) =>
      p.user.findMany({ where: { name: { in: Array.from({ length: 60 }, (_, i) => `n${i}`) } } }),
  }),
) as never;

async function load(cached: Cached): Promise<Map<string, string>> {
  const keys = new Map<string, string>();
  for (const [name, read] of Object.entries(READS)) {
    const { info } = await read(cached).withCacheInfo();
    keys.set(name, info.key!);
  }
  await settled(cached);
  return keys;
}

async function hits(cached: Cached): Promise<string[]> {
  const found: string[] = [];
  for (const [name, read] of Object.entries(READS)) {
    const { verdict } = await cached.$cache.explain(read(cached));
    if (verdict === "hit") found.push(name);
  }
  return found;
}

describe.each(providers())("on %s", (provider) => {
  test("what an entry tells of its validity is what the client would find", async () => {
    const { cached, admin } = await shop(provider);
    const keys = await load(cached);
    const agree = async () => {
      const valid: string[] = [];
      for (const [name, key] of keys) {
        const entry = await admin.entry(key);
        expect(entry?.frame.kind, name).toBe("entry");
        const { verdict } = (await admin.validity(entry!))!;
        if (verdict === "valid") valid.push(name);
      }
      const served = await hits(cached);
      expect(valid).toEqual(served);
      return served;
    };
    expect(await agree()).toEqual(Object.keys(READS));
    await cached.product.update({ where: { id: 1 }, data: { name: "another" } });
    const kept = await agree();
    expect(kept).not.toContain("row");
    expect(kept).toContain("another row");
    await cached.$cache.invalidate({ tags: ["home"] });
    expect(await agree()).not.toContain("with a tag");
    await cached.$cache.invalidateAll();
    expect(await agree()).toEqual([]);
  });

  test("models are dropped without a schema as they are with one", async () => {
    const { cached, admin } = await shop(provider);
    const survivors = async (drop: () => Promise<unknown>) => {
      await load(cached);
      expect(await hits(cached)).toEqual(Object.keys(READS));
      await drop();
      return hits(cached);
    };
    for (const models of [["Product"], ["User"], ["Review"], ["Product", "User"]] as const) {
      const expected = await survivors(() => cached.$cache.invalidate({ models }));
      expect(expected.length).toBeLessThan(Object.keys(READS).length);
      expect(await survivors(() => admin.invalidate({ models }))).toEqual(expected);
    }
    expect(await survivors(() => admin.invalidate({ tags: ["home"] }))).not.toContain("with a tag");
    expect(await survivors(() => admin.invalidateAll())).toEqual([]);
  });

  test("results in memory are dropped too, those among them whose tokens Redis has evicted", async () => {
    const { cached, events, admin, namespace } = await shop(provider, { models: { Product: { l1: true } } });
    const redis = new Redis(redisUrl());
    onTestFinished(() => redis.disconnect());
    const read = () => cached.product.findUnique({ where: { id: 1 } }).withCacheInfo();
    for (const drop of [() => admin.invalidate({ models: ["Product"] }), () => admin.invalidateAll()]) {
      await vi.waitFor(async () => expect((await read()).info).toMatchObject({ status: "hit", tier: "l1" }), PATIENCE);
      await vi.waitFor(
        () => expect(events.findLast(({ type }) => type === "channel")).toMatchObject({ status: "following" }),
        PATIENCE,
      );
      // Asked for while the model is followed, its tokens are known from then on.
      await read();
      for (const key of await redis.keys(`${namespace}:tag:*`)) await redis.del(key);
      expect((await read()).info).toMatchObject({ status: "hit", tier: "l1" });
      const told = events.length;
      await drop();
      await vi.waitFor(() => expect(events.slice(told).some(({ type }) => type === "channel")).toBe(true), PATIENCE);
      expect((await read()).info).toMatchObject({ status: "miss" });
    }
  });
});
