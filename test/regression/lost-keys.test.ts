import { Redis } from "ioredis";
import { describe, expect, onTestFinished, test } from "vitest";
import { redisUrl } from "../setup/client.js";
import { byCounter, byReferenceSet, type Invalidation } from "./naive/invalidation.js";
import { naive } from "./naive/naive-cache.js";
import { hookedDatabase } from "./support/database.js";
import { evercache } from "./support/evercache.js";
import { ownNamespace, type MakeSubject } from "./support/subject.js";

async function shop(make: MakeSubject) {
  const { plain } = await hookedDatabase();
  const namespace = ownNamespace();
  const subject = make(plain, { redisUrl: redisUrl(), namespace });
  const redis = new Redis(redisUrl());
  onTestFinished(() => redis.disconnect());
  const read = async (): Promise<(string | undefined)[]> => {
    const [byId, byEmail, all] = await Promise.all([
      subject.prisma.user.findUnique({ where: { id: 1 } }),
      subject.prisma.user.findUnique({ where: { email: "u1@shop.test" } }),
      subject.prisma.user.findMany({ orderBy: { id: "asc" }, take: 1 }),
    ]);
    await subject.settled();
    return [byId?.name, byEmail?.name, all[0]?.name];
  };
  const write = async (name: string) => {
    await subject.prisma.user.update({ where: { id: 1 }, data: { name } });
    await subject.settled();
  };
  const keys = async () => (await redis.keys(`${namespace}:*`)).sort();
  return { ...subject, redis, read, write, keys };
}

/** Evicts each of the cache's keys, one at a time, before and after a write. How often did an old value come back? */
async function revivals(make: MakeSubject): Promise<number> {
  const { redis, read, write, keys } = await shop(make);
  let round = 0;
  const change = async () => {
    const name = `round ${++round}`;
    await write(name);
    return name;
  };
  const isOld = async (name: string) => (await read()).some((value) => value !== name);
  const warm = async () => {
    await redis.del("none", ...(await keys()));
    await read();
    await change();
    await read();
    return keys();
  };

  let found = 0;
  const seen = await warm();
  expect(seen.length).toBeGreaterThan(2);
  for (const key of seen) {
    for (const when of ["before", "after"] as const) {
      await warm();
      if (when === "before") await redis.del(key);
      const name = await change();
      if (when === "after") await redis.del(key);
      // A second look: what the first one stored must be as new as what it returned.
      if ((await isOld(name)) || (await isOld(name))) found++;
    }
  }
  return found;
}

describe("a cache that loses any one of its keys", () => {
  test("misses, and never brings back an old value", { timeout: 60_000 }, async () => {
    expect(await revivals(evercache())).toBe(0);
  });

  test.each<[string, Invalidation]>([
    ["sets of names", byReferenceSet()],
    ["counters", byCounter],
  ])("brings old values back where it is a naive one with %s", { timeout: 60_000 }, async (_, invalidation) => {
    expect(await revivals(naive({ invalidation }))).toBeGreaterThan(0);
  });
});

describe("what an entry depends on", () => {
  /** Milliseconds that the keys live: those that hold results, and those that say whether these are still true. */
  async function lifetimes(make: MakeSubject, holdsResult: (key: string) => boolean) {
    const { redis, read, keys } = await shop(make);
    await read();
    const result: { entries: number[]; others: number[] } = { entries: [], others: [] };
    for (const key of await keys()) result[holdsResult(key) ? "entries" : "others"].push(await redis.pttl(key));
    expect(Math.min(...result.entries)).toBeGreaterThan(0);
    expect(Math.min(...result.others)).toBeGreaterThan(0);
    return Math.min(...result.others) > Math.max(...result.entries);
  }

  test.each(["1s", "60s", "1h", "7d", "90d"] as const)("outlives it (ttl %s)", async (ttl) => {
    const make = evercache({ defaults: { ttl } });
    expect(await lifetimes(make, (key) => !/:tag:|:\{database\}$/.test(key))).toBe(true);
  });

  test("expires before it in a naive cache", async () => {
    expect(await lifetimes(naive(), (key) => !key.endsWith(":names"))).toBe(false);
  });
});
