import { randomUUID } from "node:crypto";
import { cacheExtension, type CacheEvent } from "@evercache/prisma";
import { describe, expect, onTestFinished, test } from "vitest";
import { providers, redisUrl, testShop, type Provider } from "../setup/client.js";
import { READS, seededRandom } from "./shop-queries.js";

async function shop(provider: Provider) {
  const { prisma: plain } = await testShop(provider);
  const cached = plain.$extends(
    cacheExtension({ redis: redisUrl(), namespace: `verify-${randomUUID()}`, verify: 1, deadline: "10s" }),
  );
  const verified: (CacheEvent & { type: "verify" })[] = [];
  cached.$cache.on("event", (event) => void (event.type === "verify" && verified.push(event)));
  onTestFinished(() => cached.$cache.disconnect());
  return { plain, cached, verified };
}

describe.each(providers())("hits that are verified, on %s", (provider) => {
  test("match, in every form of query", async () => {
    const { cached, verified } = await shop(provider);
    const random = seededRandom(3);
    // Only so many are compared at a time, so that some hits are not.
    for (const make of READS) {
      const read = make(random);
      for (let i = 0; i < 5; i++) await read(cached);
    }
    await expect.poll(() => verified.length).toBeGreaterThan(READS.length / 2);
    expect(verified.filter(({ outcome }) => outcome !== "match")).toEqual([]);
    const operations = new Set(verified.map(({ operation }) => operation));
    expect([...operations].sort()).toEqual(
      expect.arrayContaining(["aggregate", "count", "findMany", "findUnique", "groupBy"]),
    );
  });

  test("are not compared where the database may choose what is in a window", async () => {
    const { cached, verified } = await shop(provider);
    const windows = [
      () => cached.user.findFirst({ where: { active: true } }),
      () => cached.user.findMany({ take: 1 }),
      () => cached.user.findMany({ include: { orders: { take: 1 } } }),
    ];
    for (const read of windows) {
      await read();
      await expect.poll(async () => (await read().withCacheInfo()).info.status).toBe("hit");
    }
    await cached.user.count();
    await expect.poll(async () => (await cached.user.count(), verified.length)).toBeGreaterThan(0);
    expect(new Set(verified.map(({ operation }) => operation))).toEqual(new Set(["count"]));
  });

  test("show what was written past the cache, and end it", async () => {
    const { plain, cached, verified } = await shop(provider);
    const read = () => cached.user.findUnique({ where: { id: 1 } });
    await read();
    await expect.poll(async () => (await read().withCacheInfo()).info.status).toBe("hit");
    await expect.poll(() => verified.length).toBeGreaterThan(0);
    await plain.user.update({ where: { id: 1 }, data: { name: "past the cache" } });
    expect((await read())?.name).toBe("User 1");
    await expect.poll(async () => (await read())?.name).toBe("past the cache");
    expect(verified.map(({ model, outcome }) => `${model} ${outcome}`)).toContain("User violation");
    expect(cached.$cache.stats().verified.violation).toBeGreaterThan(0);
  });
});
