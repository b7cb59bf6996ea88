import { cacheExtension, type CacheEvent } from "@evercache/prisma";
import { Prisma } from "../setup/generated/postgresql/client.js";
import { describe, expect, onTestFinished, test } from "vitest";
import { redisUrl, testShop, type Provider } from "../setup/client.js";
import { settled } from "../setup/settled.js";

let namespaces = 0;

async function shop(provider: Provider = "postgresql") {
  const client = await testShop(provider);
  const namespace = `other-extensions-${process.pid}-${namespaces++}`;
  const patient = { deadline: "10s", writeDeadline: "10s" } as const;
  const cached = client.prisma.$extends(cacheExtension({ redis: redisUrl(), namespace, ...patient }));
  const warnings: CacheEvent[] = [];
  cached.$cache.on("event", (event) => event.type === "warning" && warnings.push(event));
  onTestFinished(() => cached.$cache.disconnect());
  return { ...client, plain: client.prisma, cached, warnings };
}

const READ = { where: { id: 1 } } as const;

describe("extensions that are applied after the cache", () => {
  test("row-level security: each operation in a batch with its settings", async () => {
    const { cached, warnings } = await shop();
    const secured = cached.$extends({
      query: {
        $allModels: {
          async $allOperations({ args, query }) {
            const set = cached.$executeRaw`SELECT set_config('app.tenant', 'a', true)`;
            const batch: Prisma.PrismaPromise<unknown>[] = [set, query(args) as Prisma.PrismaPromise<unknown>];
            return (await cached.$transaction(batch))[1];
          },
        },
      },
    });
    await cached.user.findUnique(READ);
    await settled(cached);
    await secured.user.update({ ...READ, data: { name: "seen" } });
    expect((await cached.user.findUnique(READ))?.name).toBe("seen");
    await settled(cached);
    expect((await secured.user.findUnique(READ).withCacheInfo()).info.reason).toBe("transaction");
    // Neither the setting nor the read has dropped anything.
    expect((await cached.user.findUnique(READ).withCacheInfo()).info.status).toBe("hit");
    expect(warnings).toEqual([]);
  });

  test("soft delete: a model's method in the place of another, on the context of the call", async () => {
    const { cached } = await shop();
    const soft = cached.$extends({
      model: {
        user: {
          delete(args: { where: Prisma.UserWhereUniqueInput }) {
            return Prisma.getExtensionContext(this).update({ ...args, data: { active: false } });
          },
        },
      },
    });
    await cached.user.findUnique(READ);
    await settled(cached);
    await soft.user.delete(READ);
    expect((await cached.user.findUnique(READ))?.active).toBe(false);
  });

  test("retries: a method of the client that begins the same transaction again", async () => {
    const { cached, warnings } = await shop();
    let attempts = 0;
    const retrying = cached.$extends({
      client: {
        async twice(body: (tx: Prisma.TransactionClient) => Promise<void>): Promise<void> {
          await cached.$transaction((tx) => body(tx)).catch(() => cached.$transaction((tx) => body(tx)));
        },
      },
    });
    await cached.user.findUnique(READ);
    await settled(cached);
    await retrying.twice(async (tx) => {
      await tx.user.update({ ...READ, data: { name: `attempt ${++attempts}` } });
      if (attempts === 1) throw new Error("once more");
    });
    expect((await cached.user.findUnique(READ))?.name).toBe("attempt 2");
    expect(warnings).toEqual([]);
  });

  test("computed fields: from a cached row as from a fresh one, and from one that a write returned", async () => {
    const { cached } = await shop();
    const shouting = cached.$extends({
      result: { user: { shout: { needs: { name: true }, compute: ({ name }) => name.toUpperCase() } } },
    });
    const read = () => shouting.user.findUnique({ ...READ, select: { id: true, shout: true } });
    const fresh = await read();
    expect([Object.keys(fresh!), fresh!.shout]).toEqual([["id", "shout"], "USER 1"]);
    await settled(cached);
    const { data, info } = await read().withCacheInfo();
    expect([Object.keys(data!), data!.shout, info.status]).toEqual([["id", "shout"], "USER 1", "hit"]);
    const written = await shouting.user.update({ ...READ, data: { name: "a" }, select: { shout: true } });
    expect([Object.keys(written), written.shout]).toEqual([["shout"], "A"]);
  });

  test("a client for each request shares the entries of all", async () => {
    const { cached } = await shop();
    await cached.user.findUnique(READ);
    await settled(cached);
    for (let request = 0; request < 100; request++) {
      const own = cached.$extends({ query: { user: { findUnique: ({ args, query }) => query(args) } } });
      const { data, info } = await own.user.findUnique(READ).withCacheInfo();
      expect([data?.id, info.status]).toEqual([1, "hit"]);
    }
  });
});

test("a transaction has the options it was given, and lacks what Prisma keeps from it", async () => {
  const { plain, cached } = await shop();
  const options = { isolationLevel: "Serializable", maxWait: 10_000, timeout: 10_000 } as const;
  const level = await cached.$transaction((tx) => tx.$queryRaw`SHOW transaction_isolation`, options);
  expect(level).toEqual([{ transaction_isolation: "serializable" }]);
  const [one, two] = await cached.$transaction(
    [cached.$queryRaw`SHOW transaction_isolation`, cached.user.findUnique(READ)],
    options,
  );
  expect([one, two?.id]).toEqual([[{ transaction_isolation: "serializable" }], 1]);

  const lacking = (tx: object) =>
    ["$extends", "$connect", "$disconnect", "$on"].filter((name) => Reflect.get(tx, name) === undefined);
  const expected = await plain.$transaction(async (tx) => lacking(tx));
  expect(await cached.$transaction(async (tx) => lacking(tx))).toEqual(expected);
});

test("Prisma refuses `cache` where it is no argument of a read", async () => {
  const { cached } = await shop();
  const cache = { cache: false } as object;
  await expect(cached.user.update({ ...READ, data: { name: "no" }, ...cache })).rejects.toThrow(/argument `cache`/);
  await expect(cached.user.findMany({ include: { orders: { ...cache } } })).rejects.toThrow(/argument `cache`/);
  expect((await cached.user.findUnique(READ))?.name).toBe("User 1");
});

test("many readers of one key: an error reaches each and nobody else, and no two get the same object", async () => {
  const { plain, cached } = await shop();
  const unhandled: unknown[] = [];
  const listen = (error: unknown) => void unhandled.push(error);
  process.on("unhandledRejection", listen);
  onTestFinished(() => void process.off("unhandledRejection", listen));
  const readers = () => Array.from({ length: 500 }, () => cached.user.findMany().then((users) => users));

  await plain.$executeRaw`ALTER TABLE users RENAME TO gone`;
  const failed = await Promise.allSettled(readers());
  await plain.$executeRaw`ALTER TABLE gone RENAME TO users`;
  for (const reader of failed) expect(reader).toMatchObject({ status: "rejected", reason: { code: "P2021" } });

  const lists = await Promise.all(readers());
  expect(new Set(lists.flat()).size).toBe(500 * lists[0]!.length);
  expect(unhandled).toEqual([]);
});

// More parameters than fit into one statement: Prisma sends several.
test.each(["postgresql", "sqlite"] as const)(
  "a write in many statements whose last one fails, on %s",
  async (provider) => {
    const { plain, cached } = await shop(provider);
    const names = Array.from({ length: 17_000 }, (_, i) => ({ id: 1000 + i, name: `n${i}` }));
    const before = await cached.tag.count();
    await settled(cached);
    await expect(cached.tag.createMany({ data: [...names, { id: 999, name: "tag1" }] })).rejects.toMatchObject({
      code: "P2002",
    });
    await settled(cached);
    // Nothing was written, so that the entry is as good as before.
    expect(await plain.tag.count()).toBe(before);
    expect(await cached.tag.count().withCacheInfo()).toMatchObject({
      data: before,
      info: { status: "hit" },
    });
  },
);
