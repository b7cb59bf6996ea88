import { randomBytes, randomUUID } from "node:crypto";
import { cacheExtension, type CacheOptions } from "@evercache/prisma";
import { Redis } from "ioredis";
import { describe, expect, onTestFinished, test } from "vitest";
import { providers, redisUrl, testClient, testShop, type Provider } from "../setup/client.js";
import { settled } from "../setup/settled.js";
import { READS, seededRandom } from "./shop-queries.js";

const EXCLUDED = { User: { exclude: ["password", "handle"] } } as const;
const SECRETS = /hidden-\d|secret-handle-\d/;

/** A shop whose users have something to hide, with the cache in Redis. */
async function shop(options: Pick<CacheOptions, "models" | "encryption">, provider: Provider = "sqlite") {
  const { prisma: plain } = await testShop(provider);
  for (const id of [1, 2, 3, 4]) {
    await plain.user.update({ where: { id }, data: { password: `hidden-${id}`, handle: `secret-handle-${id}` } });
  }
  const namespace = `exclude-${randomUUID()}`;
  const patient = { deadline: "10s", writeDeadline: "10s" } as const;
  const cached = plain.$extends(cacheExtension({ redis: redisUrl(), namespace, ...patient, ...options }));
  const redis = new Redis(redisUrl());
  onTestFinished(async () => {
    redis.disconnect();
    await cached.$cache.disconnect();
  });
  /** All that can be read in Redis. */
  const texts = async (): Promise<string[]> => {
    const keys = await redis.keys(`${namespace}:*`);
    return Promise.all(keys.map(async (key) => key + ((await redis.getBuffer(key)) ?? "").toString("latin1")));
  };
  return { plain, cached, texts };
}

type Client = Awaited<ReturnType<typeof shop>>["cached"];
interface Informed {
  withCacheInfo(): Promise<{ info: { status: string; reason: string | null } }>;
}
type Read = (client: Client) => Informed;

const HIDDEN: Readonly<Record<string, Read>> = {
  "a row with all columns": ({ user }) => user.findUnique({ where: { id: 1 } }),
  "a selected column": ({ user }) => user.findMany({ select: { password: true } }),
  "rows of another model": ({ order }) => order.findMany({ include: { user: true } }),
  "rows two relations away": ({ orderLine }) => orderLine.findMany({ select: { order: { include: { user: true } } } }),
  "one of two left out": ({ user }) => user.findMany({ omit: { password: true } }),
  "a filter": ({ user }) => user.findMany({ where: { handle: "secret-handle-1" }, select: { id: true } }),
  "a filter by key": ({ user }) => user.findUnique({ where: { handle: "secret-handle-1" }, select: { id: true } }),
  "a filter of another model": ({ order }) =>
    order.count({ where: { user: { password: { startsWith: "hidden-1" } } } }),
  "a filter in a count": ({ country }) =>
    country.findMany({
      select: { _count: { select: { addresses: { where: { user: { handle: "secret-handle-1" } } } } } },
    }),
  "an order": ({ user }) => user.findMany({ orderBy: { password: "asc" }, select: { id: true } }),
  "a group": ({ user }) => user.groupBy({ by: ["password"] }),
  "an aggregate": ({ user }) => user.aggregate({ _max: { handle: true } }),
  "distinct values": ({ user }) => user.findMany({ distinct: ["password"], select: { id: true } }),
  "a fluent call": ({ order }) => order.findUnique({ where: { id: 1n } }).user(),
  SQL: ({ $cache }) => $cache.queryRaw({ models: ["User"] })`SELECT id FROM users`,
};

const SHOWN: Readonly<Record<string, Read>> = {
  "other columns": ({ user }) => user.findUnique({ where: { id: 1 }, select: { name: true, email: true } }),
  "a row without them": ({ user }) => user.findUnique({ where: { id: 1 }, omit: { password: true, handle: true } }),
  "rows of another model": ({ order }) => order.findMany(),
  "rows of another model, with names": ({ order }) => order.findMany({ include: { user: { select: { name: true } } } }),
  "counts of relations": ({ user }) => user.findMany({ select: { id: true, _count: { select: { orders: true } } } }),
  "a count": ({ user }) => user.count({ where: { active: true } }),
  "SQL about others": ({ $cache }) => $cache.queryRaw({ models: ["Tag"] })`SELECT id FROM "Tag"`,
};

describe("what shows or names an excluded column is not cached", () => {
  test.each(Object.entries(HIDDEN))("%s", async (_, read) => {
    const { cached } = await shop({ models: EXCLUDED });
    for (let i = 0; i < 3; i++) {
      expect((await read(cached).withCacheInfo()).info).toMatchObject({ status: "bypass", reason: "uncacheable" });
    }
  });
});

test("what does not is cached, and explain says why what does is not", async () => {
  const { cached } = await shop({ models: EXCLUDED });
  for (const read of Object.values(SHOWN)) {
    await read(cached).withCacheInfo();
    await settled(cached);
    expect((await read(cached).withCacheInfo()).info.status).toBe("hit");
  }
  const explanation = await cached.$cache.explain(cached.user.findUnique({ where: { id: 1 } }));
  expect(explanation).toMatchObject({
    verdict: "bypass",
    reason: expect.stringContaining("User.password is excluded"),
  });
});

describe.each(providers())("on %s", (provider) => {
  test("their values are nowhere in Redis, not in a tag either", async () => {
    const { cached, texts } = await shop({ models: EXCLUDED }, provider);
    const random = seededRandom(1);
    for (let i = 0; i < 3; i++) for (const make of READS) await make(random)(cached);
    await cached.user.update({ where: { handle: "secret-handle-1" }, data: { name: "A" } });
    await cached.user.update({ where: { id: 2 }, data: { handle: "secret-handle-5", password: "hidden-5" } });
    const data = { id: 99, email: "new@shop.test", name: "New", handle: "secret-handle-6", password: "hidden-6" };
    await cached.user.create({ data });
    await cached.user.updateMany({ where: { handle: "secret-handle-3" }, data: { name: "C" } });
    await cached.user.delete({ where: { handle: "secret-handle-6" } });
    await settled(cached);
    const found = await texts();
    expect(found.length).toBeGreaterThan(20);
    expect(found.filter((text) => SECRETS.test(text))).toEqual([]);
  });
});

test("writes that name rows by them, and change them, drop what they did before", async () => {
  const { cached } = await shop({ models: EXCLUDED });
  const name = () => cached.user.findUnique({ where: { id: 1 }, select: { name: true } });
  const list = () => cached.user.findMany({ select: { name: true }, orderBy: { id: "asc" } });
  const hits = async () => {
    for (const read of [name, list]) await read();
    await settled(cached);
    for (const read of [name, list]) expect((await read().withCacheInfo()).info.status).toBe("hit");
  };
  await hits();
  await cached.user.update({ where: { handle: "secret-handle-1" }, data: { name: "By handle" } });
  expect((await name())?.name).toBe("By handle");
  expect((await list())[0]?.name).toBe("By handle");
  await hits();
  await cached.user.updateMany({ where: { password: "hidden-1" }, data: { name: "By password" } });
  expect((await name())?.name).toBe("By password");
  expect((await list())[0]?.name).toBe("By password");
});

test("all of it is cached where the model is encrypted", async () => {
  const encryption = { keys: [{ id: "2026", key: randomBytes(32).toString("base64") }] };
  const { cached, texts } = await shop({ models: { User: { ...EXCLUDED.User, encrypt: true } }, encryption });
  for (const read of Object.values(HIDDEN)) {
    await read(cached).withCacheInfo();
    await settled(cached);
    expect((await read(cached).withCacheInfo()).info.status).toBe("hit");
  }
  expect((await texts()).filter((text) => SECRETS.test(text))).toEqual([]);
});

test.each([
  [{ exclude: ["passwort"] }, "UNKNOWN_FIELD", /User\.exclude: passwort is not a column.*password/],
  [{ exclude: ["orders"] }, "UNKNOWN_FIELD", /orders is not a column/],
  [{ exclude: ["id"] }, "INVALID_OPTION", /it names rows.*encrypt/],
  [{ exclude: ["email"] }, "INVALID_OPTION", /or links them/],
  [{ exclude: "password" }, "INVALID_OPTION", /array of names/],
  [{ exclude: ["name"], trackBy: ["name"] }, "INVALID_OPTION", /trackBy has it too/],
])("a mistake is refused: %j", async (user, code, message) => {
  const { prisma } = await testClient("sqlite");
  const extend = () => prisma.$extends(cacheExtension({ models: { User: user as never } }));
  expect(extend).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) as string }));
});
