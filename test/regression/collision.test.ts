import { Redis } from "ioredis";
import { describe, expect, onTestFinished, test } from "vitest";
import { redisUrl } from "../setup/client.js";
import { byShortHash } from "./naive/keys.js";
import { naive } from "./naive/naive-cache.js";
import { hookedDatabase } from "./support/database.js";
import { evercache, withEvercache } from "./support/evercache.js";
import { ownNamespace, type MakeSubject } from "./support/subject.js";

describe("two queries whose short hashes are the same", () => {
  async function scenario(make: MakeSubject) {
    const { plain } = await hookedDatabase();
    await plain.user.createMany({ data: ["Aa", "BB"].map((name, i) => ({ id: 10 + i, email: name, name })) });
    const { prisma, settled } = make(plain, { redisUrl: redisUrl(), namespace: ownNamespace() });
    const read = async (name: string) => (await prisma.user.findMany({ where: { name } })).map((user) => user.name);
    await read("Aa");
    await settled();
    return read("BB");
  }

  test("do not meet", async () => {
    expect(await scenario(evercache())).toEqual(["BB"]);
  });

  test("meet in a naive cache", async () => {
    expect(await scenario(naive({ key: byShortHash }))).toEqual(["Aa"]);
  });
});

test("an entry of another query under a hashed key is a miss", async () => {
  const { plain } = await hookedDatabase();
  const namespace = ownNamespace();
  const { cached, settled } = withEvercache(plain, { redisUrl: redisUrl(), namespace });
  const redis = new Redis(redisUrl());
  onTestFinished(() => redis.disconnect());
  const query = (id: number) => ({
    where: { id, OR: Array.from({ length: 20 }, (_, i) => ({ name: { not: `nobody is named so ${i}` } })) },
  });
  const keyOf = async (id: number) => {
    const { key } = await cached.$cache.explain(cached.user.findMany(query(id)));
    expect(key).toMatch(/~[\w-]{43}$/);
    return `${namespace}:${key}`;
  };
  const read = (id: number) => cached.user.findMany(query(id)).withCacheInfo();
  await Promise.all([read(1), read(2)]);
  await settled();
  expect((await read(1)).info.status).toBe("hit");

  // Same model, same tags, same tokens: but for the identity that it carries, this entry is as good as its neighbour.
  expect(await redis.copy(await keyOf(2), await keyOf(1), "REPLACE")).toBe(1);
  const crossed = await read(1);
  expect(crossed.data.map((user) => user.id)).toEqual([1]);
  expect(crossed.info).toMatchObject({ status: "miss", reason: "damaged" });
  await settled();
  expect((await read(1)).info.status).toBe("hit");
});
