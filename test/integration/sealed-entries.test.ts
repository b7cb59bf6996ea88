import { randomBytes, randomUUID } from "node:crypto";
import { gzipSync } from "node:zlib";
import { cacheExtension, type CacheEvent, type CacheOptions } from "@evercache/prisma";
import { Redis } from "ioredis";
import { describe, expect, onTestFinished, test } from "vitest";
import { providers, redisUrl, testShop, type Provider, type TestClient } from "../setup/client.js";
import { settled as allSettled } from "../setup/settled.js";
import { Prisma } from "../setup/generated/postgresql/client.js";
import { frameEntry, openEntry } from "../../packages/core/src/entry.js";
import { sameByType } from "./same-by-type.js";
import { READS, seededRandom } from "./shop-queries.js";

type Options = Pick<CacheOptions, "models" | "defaults" | "encryption" | "verify">;

const keyOf = (id: string) => ({ id, key: randomBytes(32).toString("base64") });
const OLD = keyOf("2025");
const NEW = keyOf("2026");
const ENCRYPTED: Options = { encryption: { keys: [OLD] }, models: { User: { encrypt: true } } };
const SECRETS = /Confidential|hidden-\d|u\d@shop\.test/;

/** A shop in which nobody else's rows look like a user's. */
async function shop(provider: Provider = "postgresql") {
  const client = await testShop(provider);
  await client.prisma.session.deleteMany();
  for (const id of [1, 2, 3, 4]) {
    const data = { name: `Confidential ${id}`, password: `hidden-${id}` };
    await client.prisma.user.update({ where: { id }, data });
  }
  const redis = new Redis(redisUrl());
  onTestFinished(() => redis.disconnect());
  const namespace = `sealed-${randomUUID()}`;
  return {
    plain: client.prisma,
    start: (options: Options) => startProcess(client, namespace, options),
    redis,
    namespace,
    entryKey: (key: string | null) => `${namespace}:${key}`,
    /** Names and bytes of all entries. */
    entries: async (): Promise<[key: string, bytes: Buffer][]> => {
      const keys = (await redis.keys(`${namespace}:*`)).filter((key) => !key.startsWith(`${namespace}:tag:{`));
      const entries: [string, Buffer][] = [];
      for (const key of keys) {
        if (!key.endsWith("{database}")) entries.push([key, (await redis.getBuffer(key))!]);
      }
      return entries;
    },
  };
}

function startProcess({ prisma }: TestClient, namespace: string, options: Options) {
  const patient = { deadline: "10s", writeDeadline: "10s" } as const;
  const cached = prisma.$extends(cacheExtension({ redis: redisUrl(), namespace, ...patient, ...options }));
  const events: CacheEvent[] = [];
  cached.$cache.on("event", (event) => events.push(event));
  onTestFinished(() => cached.$cache.disconnect());
  return {
    cached,
    events,
    /** Fills go by the same connection, in order. */
    settled: () => allSettled(cached),
    user: (id: number) => cached.user.findUnique({ where: { id } }).withCacheInfo(),
  };
}

describe.each(providers())("on %s", (provider) => {
  test("nothing of an encrypted model can be read in any entry or its name, whichever model was asked for", async () => {
    const { plain, start, entries } = await shop(provider);
    const reads = (seed: number) => {
      const random = seededRandom(seed);
      return READS.flatMap((make) => [make(random), make(random)]);
    };
    // That there is something to find, where nothing is encrypted.
    const clear = start({});
    for (const read of reads(1)) await read(clear.cached);
    await clear.settled();
    const found = (await entries()).filter(([key, bytes]) => SECRETS.test(key + bytes.toString("latin1")));
    expect(found.length).toBeGreaterThan(10);
    await clear.cached.$cache.invalidateAll();

    const sealed = start({ ...ENCRYPTED, defaults: { compress: { threshold: 100 } }, verify: 1 });
    const before = new Set((await entries()).map(([key]) => key));
    for (const read of reads(1)) {
      await read(sealed.cached);
      await sealed.settled();
      expect(sameByType(await read(sealed.cached), await read(plain))).toBeNull();
    }
    const added = (await entries()).filter(([key]) => !before.has(key));
    expect(added.length).toBeGreaterThan(10);
    for (const [key, bytes] of added) {
      expect(key).toMatch(/:~[\w-]{43}$/);
      // What else is in the frame is tags, which are in clear.
      const { identity, payload } = openEntry(bytes)!;
      expect(identity).toBeNull();
      expect(SECRETS.test(key + Buffer.from(payload).toString("latin1"))).toBe(false);
    }
    const hits = sealed.events.filter(({ type }) => type === "hit").length;
    expect(hits).toBeGreaterThanOrEqual(reads(1).length - 2);
    expect(sealed.events.filter((event) => event.type === "miss" && event.reason === "damaged")).toEqual([]);
    expect(sealed.cached.$cache.stats().verified.violation).toBe(0);
  });

  test("nor in any tag, where rows are not told apart", async () => {
    const { start, redis, namespace } = await shop(provider);
    const coarse = { encrypt: true, granularity: "model" } as const;
    const sealed = start({ ...ENCRYPTED, models: { User: coarse, Session: coarse } });
    const random = seededRandom(2);
    for (const make of READS) await make(random)(sealed.cached);
    await sealed.cached.user.update({ where: { email: "u1@shop.test" }, data: { name: "Confidential II" } });
    await sealed.settled();
    const keys = await redis.keys(`${namespace}:*`);
    expect(keys.length).toBeGreaterThan(20);
    expect(keys.filter((key) => SECRETS.test(key))).toEqual([]);
    for (const key of keys) expect(SECRETS.test((await redis.getBuffer(key))?.toString("latin1") ?? "")).toBe(false);
  });

  test("a large list that is stored compressed comes back the same, by type", async () => {
    const { plain, start, entries } = await shop(provider);
    await plain.product.updateMany({
      data: { image: new Uint8Array([1, 2, 255]), description: "as good as new ".repeat(6) },
    });
    await plain.product.createMany({
      data: Array.from({ length: 300 }, (_, i) => ({
        id: 100 + i,
        sku: `many-${i}`,
        name: `Name ${i}`,
        price: `${i}.05`,
      })),
    });
    const { cached, settled, events } = start({
      models: { Product: { list: { compress: true, maxEntryBytes: 40_000 } } },
    });
    const list = () => cached.product.findMany({ orderBy: { id: "asc" } }).withCacheInfo();
    expect((await list()).info.status).toBe("miss");
    await settled();
    const { data, info } = await list();
    expect(info.status).toBe("hit");
    expect(sameByType(data, await plain.product.findMany({ orderBy: { id: "asc" } }))).toBeNull();
    const [[, bytes]] = (await entries()) as [[string, Buffer]];
    expect(bytes.length).toBeLessThan(40_000);
    expect(bytes.includes("as good as new")).toBe(false);
    expect(events.filter(({ type }) => type === "fill")).toMatchObject([{ outcome: "stored", bytes: bytes.length }]);
    await cached.product.findUnique({ where: { id: 1 } });
    await settled();
    expect((await entries()).some(([, one]) => one.includes("as good as new"))).toBe(true);
  });
});

describe("somebody who can write to Redis", () => {
  test("cannot move an encrypted entry to another key, nor replace it by one in clear", async () => {
    const { start, redis, entryKey } = await shop();
    const { user, settled } = start(ENCRYPTED);
    const keys = [1, 2].map(async (id) => entryKey((await user(id)).info.key));
    const [one, two] = (await Promise.all(keys)) as [string, string];
    await settled();
    const original = (await redis.getBuffer(one))!;
    const forgeries = [
      frameEntry({ ...openEntry(original)!, payload: openEntry((await redis.getBuffer(two))!)!.payload }, true),
      frameEntry({ ...openEntry(original)!, payload: Buffer.from('{"json":{"id":1,"name":"Eve"}}') }),
    ];
    for (const forged of forgeries) {
      await redis.set(one, Buffer.from(forged), "EX", 60);
      const { data, info } = await user(1);
      expect([data?.name, info.status, info.reason]).toEqual(["Confidential 1", "miss", "damaged"]);
      await settled();
      expect((await user(1)).info.status).toBe("hit");
    }
  });

  test("cannot revive what a write has made untrue by giving it the new stamps", async () => {
    const { start, redis, entryKey } = await shop();
    const { cached, user, settled } = start(ENCRYPTED);
    const key = entryKey((await user(1)).info.key);
    await settled();
    const old = openEntry((await redis.getBuffer(key))!)!;
    await cached.user.update({ where: { id: 1 }, data: { name: "Confidential and new" } });
    await user(1);
    await settled();
    const { stamps, storedAt, freshUntil } = openEntry((await redis.getBuffer(key))!)!;
    for (const change of [{ stamps }, { stamps, storedAt, freshUntil }]) {
      await settled();
      await redis.set(key, Buffer.from(frameEntry({ ...old, ...change }, true)), "EX", 60);
      const { data, info } = await user(1);
      expect([data?.name, info.reason]).toEqual(["Confidential and new", "damaged"]);
    }
  });

  test("makes nothing but a miss of a payload that would unpack to hundreds of megabytes", async () => {
    const { start, redis, entryKey } = await shop();
    const { user, settled } = start({});
    const key = entryKey((await user(1)).info.key);
    await settled();
    const packed = gzipSync(Buffer.alloc(128 * 1024 * 1024));
    const entry = openEntry((await redis.getBuffer(key))!)!;
    for (const claimed of [8 * 1024 * 1024, 128 * 1024 * 1024, 0xff_ff_ff_ff]) {
      await settled();
      const header = Buffer.of(1, 1, 0, 0, 0, 0);
      header.writeUInt32LE(claimed, 2);
      await redis.set(
        key,
        Buffer.from(frameEntry({ ...entry, payload: Buffer.concat([header, packed]) }, true)),
        "EX",
        60,
      );
      const before = process.memoryUsage().arrayBuffers;
      const { data, info } = await user(1);
      expect([data?.name, info.reason]).toEqual(["Confidential 1", "damaged"]);
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(48 * 1024 * 1024);
    }
  });
});

describe("keys that are rotated", () => {
  test("a new one that is put first reads what the old one stored; without the old one it is stored anew", async () => {
    const { start } = await shop();
    const before = start(ENCRYPTED);
    await before.user(1);
    await before.settled();
    const both = start({ ...ENCRYPTED, encryption: { keys: [NEW, OLD] } });
    expect((await both.user(1)).info.status).toBe("hit");
    await both.cached.user.update({ where: { id: 1 }, data: { name: "Confidential II" } });
    expect((await both.user(1)).data?.name).toBe("Confidential II");
    await both.settled();
    const { data, info } = await before.user(1);
    expect([data?.name, info.reason]).toEqual(["Confidential II", "damaged"]);
    await before.settled();
    expect((await both.user(1)).info.status).toBe("hit");

    const after = start({ ...ENCRYPTED, encryption: { keys: [NEW] } });
    expect((await after.user(1)).info).toMatchObject({ status: "miss", reason: "absent" });
    await after.settled();
    expect((await after.user(1)).info.status).toBe("hit");
  });
});

test("raw reads of an encrypted model are encrypted, explain shows a name that tells nothing, and others stay in clear", async () => {
  const { start, entries } = await shop();
  const { cached, settled } = start(ENCRYPTED);
  const raw = () =>
    cached.$cache
      .queryRaw<{ name: string }[]>(
        { models: ["User"] },
        Prisma.sql`SELECT name FROM users WHERE name = ${"Confidential 1"}`,
      )
      .withCacheInfo();
  expect((await raw()).data).toEqual([{ name: "Confidential 1" }]);
  await settled();
  expect((await raw()).info.status).toBe("hit");
  const search = () => cached.order.findMany({ where: { user: { name: "Confidential 2" } } });
  await search();
  const explanation = await cached.$cache.explain(search());
  expect(explanation).toMatchObject({ key: expect.stringMatching(/:Order:findMany:~[\w-]{43}$/) });
  await settled();
  const all = await entries();
  expect(all).toHaveLength(2);
  for (const [key, bytes] of all) expect(SECRETS.test(key + bytes.toString("latin1"))).toBe(false);
  await cached.product.findUnique({ where: { id: 1 } });
  await settled();
  expect((await entries()).some(([key, bytes]) => key.endsWith("where(id:1)") && bytes.includes("Product 1"))).toBe(
    true,
  );
});
