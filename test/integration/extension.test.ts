import { cacheExtension, type CacheEvent } from "@evercache/prisma";
import { Prisma } from "../setup/generated/postgresql/client.js";
import { describe, expect, onTestFinished, test } from "vitest";
import { createDatabase, providers, redisUrl, testClient, testShop, type Provider } from "../setup/client.js";
import { settled } from "../setup/settled.js";
import { READS, seededRandom } from "./shop-queries.js";
import { sameByType } from "./same-by-type.js";

let namespaces = 0;

/** These tests are about what is cached, however slow the machine is. */
const PATIENT = { deadline: "10s", writeDeadline: "10s" } as const;

async function shop(provider: Provider, options: Parameters<typeof cacheExtension>[0] = {}) {
  const client = await testShop(provider);
  const namespace = `extension-${process.pid}-${namespaces++}`;
  const cached = client.prisma.$extends(cacheExtension({ redis: redisUrl(), namespace, ...PATIENT, ...options }));
  const events: CacheEvent[] = [];
  cached.$cache.on("event", (event) => events.push(event));
  onTestFinished(() => cached.$cache.disconnect());
  return { ...client, plain: client.prisma, cached, events, namespace };
}

describe.each(providers())("on %s", (provider) => {
  test("the first read asks the database, the second does not, and both return the same by type", async () => {
    const { plain, cached, counting } = await shop(provider);
    const random = seededRandom(7);
    for (const make of READS) {
      const read = make(random);
      const fromDatabase = await read(plain);
      expect(sameByType(await read(cached), fromDatabase), read.toString()).toBeNull();
      await settled(cached);
      const { result, queries } = await counting(() => read(cached));
      expect(sameByType(result, fromDatabase), read.toString()).toBeNull();
      expect(queries, read.toString()).toBe(0);
    }
  });

  test("a write is seen by the next read, whatever key it was read by", async () => {
    const { cached } = await shop(provider);
    const byId = () => cached.user.findUnique({ where: { id: 1 } });
    const byEmail = () => cached.user.findUnique({ where: { email: "u1@shop.test" } });
    const byHandle = () => cached.user.findUnique({ where: { handle: "h1" } });
    await Promise.all([byId(), byEmail(), byHandle()]);
    await cached.user.update({ where: { id: 1 }, data: { name: "Ada" } });
    for (const read of [byId, byEmail, byHandle]) expect((await read())?.name).toBe("Ada");

    await cached.user.update({ where: { handle: "h1" }, data: { name: "Grace" } });
    for (const read of [byId, byEmail, byHandle]) expect((await read())?.name).toBe("Grace");
  });

  test("a write to one row leaves other rows' entries in place", async () => {
    const { cached, counting } = await shop(provider);
    const others = () => [
      cached.user.findUnique({ where: { id: 2 } }),
      cached.user.findUnique({ where: { email: "u3@shop.test" } }),
    ];
    await Promise.all(others());
    await settled(cached);
    await cached.user.update({ where: { id: 1 }, data: { name: "Ada" } });
    await settled(cached);
    expect((await counting(() => Promise.all(others()))).queries).toBe(0);
  });

  test('"not found" is cached, and dropped by whoever creates the row', async () => {
    const { cached, counting } = await shop(provider);
    const read = () => cached.product.findUnique({ where: { sku: "new" } });
    expect(await read()).toBeNull();
    await settled(cached);
    expect(await counting(read)).toEqual({ result: null, queries: 0 });
    await cached.product.create({ data: { id: 77, sku: "new", name: "New", price: 1 } });
    expect((await read())?.id).toBe(77);
    await cached.product.delete({ where: { id: 77 } });
    expect(await read()).toBeNull();
    await cached.category.update({
      where: { id: 1 },
      data: { products: { createMany: { data: [{ id: 79, sku: "new", name: "Again", price: 1 }] } } },
    });
    expect((await read())?.name).toBe("Again");
  });

  test("…OrThrow throws Prisma's own error, from the cache as from the database", async () => {
    const { plain, cached, counting } = await shop(provider);
    const caught = async (read: () => PromiseLike<unknown>): Promise<Prisma.PrismaClientKnownRequestError> => {
      try {
        await read();
      } catch (error) {
        expect(error).toBeInstanceOf(Prisma.PrismaClientKnownRequestError);
        return error as Prisma.PrismaClientKnownRequestError;
      }
      return expect.fail("it did not throw");
    };
    const reads = [
      (client: typeof plain) => client.user.findUniqueOrThrow({ where: { id: 99 } }),
      (client: typeof plain) => client.user.findFirstOrThrow({ where: { name: "nobody" } }),
    ];
    for (const read of reads) {
      const expected = await caught(() => read(plain));
      const missed = await caught(() => read(cached as never));
      await settled(cached);
      const { result: hit, queries } = await counting(() => caught(() => read(cached as never)));
      expect(queries).toBe(0);
      for (const error of [missed, hit]) {
        expect(shown(error)).toEqual(shown(expected));
        expect(error.code).toBe("P2025");
      }
    }
    // What is found is shared with findUnique.
    await cached.user.findUnique({ where: { id: 1 } });
    await settled(cached);
    expect((await counting(() => cached.user.findUniqueOrThrow({ where: { id: 1 } }))).queries).toBe(0);
  });

  test("a fluent call below …OrThrow throws where the row is missing and returns null where the relation is", async () => {
    const { cached } = await shop(provider);
    for (let i = 0; i < 2; i++) {
      expect(await cached.user.findUnique({ where: { id: 99 } }).profile()).toBeNull();
      await expect(cached.user.findUniqueOrThrow({ where: { id: 99 } }).profile()).rejects.toMatchObject({
        code: "P2025",
      });
      expect(await cached.user.findUniqueOrThrow({ where: { id: 4 } }).profile()).toBeNull();
      await settled(cached);
    }
  });

  test("an interactive transaction sees itself, is not cached, and takes effect at its commit", async () => {
    const { cached, counting } = await shop(provider);
    const read = () => cached.user.findUnique({ where: { id: 1 } });
    await read();
    await settled(cached);
    await cached.$transaction(async (tx) => {
      await tx.user.update({ where: { id: 1 }, data: { name: "inside" } });
      expect((await tx.user.findUnique({ where: { id: 1 } }))?.name).toBe("inside");
      // SQLite has one writer, and its driver waits for it.
      if (provider !== "sqlite") expect(await counting(read)).toMatchObject({ result: { name: "User 1" }, queries: 0 });
    });
    expect((await read())?.name).toBe("inside");
  });

  test("a rollback leaves the cache as it was", async () => {
    const { cached, counting, events } = await shop(provider);
    const read = () => cached.user.findUnique({ where: { id: 1 } });
    await read();
    await settled(cached);
    const failing = cached.$transaction(async (tx) => {
      await tx.user.update({ where: { id: 1 }, data: { name: "never" } });
      await tx.user.findMany();
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(await counting(read)).toMatchObject({ result: { name: "User 1" }, queries: 0 });
    expect(events.filter((event) => event.type === "quarantine")).toEqual([]);

    // A bare write that the database refuses puts the tokens back.
    await expect(cached.user.update({ where: { id: 1 }, data: { email: "u2@shop.test" } })).rejects.toMatchObject({
      code: "P2002",
    });
    await settled(cached);
    expect(await counting(read)).toMatchObject({ queries: 0 });
  });

  test("a batch with cached reads settles, and its writes are seen", async () => {
    const { cached } = await shop(provider);
    const read = () => cached.user.findUnique({ where: { id: 1 } });
    await read();
    await settled(cached);
    const [before, , after] = await cached.$transaction([
      read(),
      cached.user.update({ where: { id: 1 }, data: { name: "batched" } }),
      cached.user.findMany({ where: { id: 1 }, cache: { ttl: 5 } }),
    ]);
    expect([before?.name, after[0]?.name]).toEqual(["User 1", "batched"]);
    expect((await read())?.name).toBe("batched");

    await expect(
      cached.$transaction([
        cached.user.update({ where: { id: 1 }, data: { name: "undone" } }),
        cached.user.update({ where: { id: 2 }, data: { email: "u3@shop.test" } }),
      ]),
    ).rejects.toMatchObject({ code: "P2002" });
    expect((await read())?.name).toBe("batched");
  });

  test("widened selections are taken out of the result again", async () => {
    const { plain, cached } = await shop(provider);
    const selected = await cached.user.update({
      where: { email: "u1@shop.test" },
      data: { name: "x" },
      select: { name: true },
    });
    expect(selected).toStrictEqual({ name: "x" });
    const omitted = await cached.user.update({
      where: { id: 1 },
      data: { name: "y" },
      omit: { id: true, email: true },
    });
    const expected = await plain.user.findUnique({ where: { id: 1 }, omit: { id: true, email: true } });
    expect(sameByType(omitted, expected)).toBeNull();
    const upserted = await cached.tag.upsert({
      where: { name: "tag1" },
      create: { name: "tag1" },
      update: {},
      select: { _count: true },
    });
    expect(upserted).toStrictEqual({ _count: { products: 3 } });
  });

  test("raw writes drop what they name, raw reads do not", async () => {
    const { cached, counting } = await shop(provider);
    const quote = provider === "mysql" ? "`" : '"';
    const read = () => cached.user.findUnique({ where: { id: 1 } });
    await read();
    await settled(cached);
    await cached.$queryRawUnsafe(`SELECT count(*) FROM ${quote}users${quote}`);
    expect((await counting(read)).queries).toBe(0);
    await cached.$executeRaw`UPDATE ${Prisma.raw(`${quote}users${quote}`)} SET name = ${"raw"} WHERE id = 1`;
    expect((await read())?.name).toBe("raw");
  });
});

describe("per query", () => {
  test("cache: false goes past the cache; ttl and tags tune it", async () => {
    const { cached, counting } = await shop("postgresql");
    const list = { where: { published: true }, orderBy: { id: "asc" } } as const;
    const tagged = () => cached.product.findMany({ ...list, cache: { ttl: "1h", tags: ["home"] } });
    await tagged();
    await settled(cached);
    expect((await counting(tagged)).queries).toBe(0);
    expect((await counting(() => cached.product.findMany({ ...list, cache: false }))).queries).toBe(1);

    expect(await cached.$cache.invalidate({ tags: ["other"] })).toEqual({ applied: true });
    expect((await counting(tagged)).queries).toBe(0);
    await cached.$cache.invalidate({ tags: ["home"] });
    expect((await counting(tagged)).queries).toBe(1);
  });

  test("withCacheInfo tells where each result came from, fluent ones too", async () => {
    const { cached } = await shop("postgresql");
    const read = () => cached.user.findUnique({ where: { id: 1 } });
    const first = await read().withCacheInfo();
    expect(first.info).toMatchObject({
      status: "miss",
      reason: "absent",
      tier: "database",
      tags: ["User:by:id", "User:row:1"],
    });
    await settled(cached);
    const second = await read().withCacheInfo();
    expect(second.info).toMatchObject({ status: "hit", reason: null, tier: "redis", key: first.info.key });
    expect(second.data).toEqual(first.data);
    expect(second.info.expiresAt!.getTime() - second.info.storedAt!.getTime()).toBeGreaterThan(53_000);
    expect(second.info.expiresAt!.getTime() - second.info.storedAt!.getTime()).toBeLessThan(67_000);

    const [hit, fluent, past] = await Promise.all([
      read().withCacheInfo(),
      read().profile().withCacheInfo(),
      cached.user.findUnique({ where: { id: 1 }, cache: false }).withCacheInfo(),
    ]);
    expect([hit.info.status, fluent.info.status, past.info.status]).toEqual(["hit", "miss", "bypass"]);
    expect(fluent.info.key).not.toBe(hit.info.key);
    await cached.$transaction(async (tx) => {
      expect((await tx.user.findUnique({ where: { id: 1 } }).withCacheInfo()).info).toMatchObject({
        status: "bypass",
        reason: "transaction",
      });
    });
  });

  test("explain runs nothing", async () => {
    const { cached, counting } = await shop("postgresql");
    const query = () => cached.product.findUnique({ where: { sku: "sku1" }, cache: { ttl: "5m" } });
    const { result, queries } = await counting(() => cached.$cache.explain(query()));
    expect(queries).toBe(0);
    expect(result).toMatchObject({
      model: "Product",
      operation: "findUnique",
      tags: ["Product:by:sku", "Product:unique:sku=sku1"],
      policy: { ttl: 300_000 },
      verdict: "miss",
      reason: "absent",
    });
    await query();
    await settled(cached);
    expect(await cached.$cache.explain(query())).toMatchObject({ verdict: "hit", reason: null });
    expect(await cached.$cache.explain(cached.product.findMany({ cache: false }))).toMatchObject({
      verdict: "bypass",
      key: null,
    });

    const writing = cached.product.delete({ where: { id: 1 } });
    expect(await cached.$cache.explain(writing)).toMatchObject({ kind: "write", model: "Product" });
    const raw = cached.$executeRaw`DELETE FROM "Product"`;
    expect(await cached.$cache.explain(raw)).toMatchObject({ kind: "write", model: null });
    expect(await cached.product.count({ cache: false })).toBe(5);
    await expect(cached.$cache.explain(Promise.resolve(1) as never)).rejects.toMatchObject({ code: "NOT_A_QUERY" });
  });

  test("a query is lazy, runs once, and keeps its place in a stack of its caller's", async () => {
    const { cached, counting, queries } = await shop("postgresql");
    const before = queries();
    const promise = cached.user.findMany({ cache: false });
    expect(Object.prototype.toString.call(promise)).toBe("[object PrismaPromise]");
    expect(queries()).toBe(before);
    expect((await counting(() => Promise.all([promise, promise, promise.finally(() => {})]))).queries).toBe(1);

    const mistaken = cached.user.findMany({ where: { nobody: 1 } as never });
    await expect(mistaken).rejects.toThrow(/extension\.test\.ts/);
  });
});

describe("policies", () => {
  test("false is never cached, list is for lists, and a query's own ttl comes first", async () => {
    const { cached, counting } = await shop("postgresql", {
      models: { User: false, Product: { ttl: "1h", list: false }, Tag: { list: { ttl: "1ms", jitter: 0 } } },
    });
    const queriesOf = async (read: () => PromiseLike<unknown>) => {
      await read();
      await settled(cached);
      return (await counting(read)).queries;
    };
    expect(await queriesOf(() => cached.user.findUnique({ where: { id: 1 } }))).toBe(1);
    expect(await queriesOf(() => cached.user.findUnique({ where: { id: 1 }, cache: { ttl: 60 } }))).toBe(0);
    expect(await queriesOf(() => cached.product.findUnique({ where: { id: 1 } }))).toBe(0);
    expect(await queriesOf(() => cached.product.count())).toBe(1);
    expect(await queriesOf(() => cached.tag.findUnique({ where: { id: 1 } }))).toBe(0);
    // What is never cached still drops what others cache of it.
    const including = () => cached.order.findUnique({ where: { id: 1n }, include: { user: true } });
    expect(await queriesOf(including)).toBe(0);
    await cached.user.update({ where: { id: 1 }, data: { name: "seen" } });
    expect((await including())?.user.name).toBe("seen");
  });
});

describe("invalidate", () => {
  test("models, rows and everything; unknown names are refused", async () => {
    const { plain, cached } = await shop("postgresql");
    const read = () => cached.user.findUnique({ where: { email: "u1@shop.test" } });
    const others = () => cached.user.findUnique({ where: { id: 2 } });
    const list = () => cached.user.count({ where: { name: "foreign" } });
    const rename = async (name: string) => {
      await Promise.all([read(), others(), list()]);
      await settled(cached);
      await plain.user.update({ where: { id: 1 }, data: { name } });
    };
    await rename("foreign");
    expect((await read())?.name).toBe("User 1");
    await cached.$cache.invalidate({ rows: { User: [{ id: 1 }] } });
    expect([(await read())?.name, await list()]).toEqual(["foreign", 1]);
    expect((await others().withCacheInfo()).info.status).toBe("hit");

    await rename("b");
    await cached.$cache.invalidate({ models: ["User"] });
    expect((await read())?.name).toBe("b");
    await rename("c");
    expect(await cached.$cache.invalidateAll()).toEqual({ applied: true });
    expect((await read())?.name).toBe("c");

    await expect(cached.$cache.invalidate({ models: ["Usr" as never] })).rejects.toMatchObject({
      code: "UNKNOWN_MODEL",
    });
    await expect(cached.$cache.invalidate({ rows: { User: [{ nobody: 1 } as never] } })).rejects.toMatchObject({
      code: "UNKNOWN_FIELD",
    });
    await expect(cached.$cache.invalidate({ model: ["User"] } as never)).rejects.toMatchObject({
      code: "UNKNOWN_OPTION",
    });
  });
});

describe("beside other clients and extensions", () => {
  test("two processes' clients see each other's writes", async () => {
    const database = await createDatabase("postgresql", { isSeeded: true });
    const [one, two] = await Promise.all([
      testClient("postgresql", { database }),
      testClient("postgresql", { database }),
    ]);
    onTestFinished(() => database.drop());
    const options = { redis: redisUrl(), namespace: `two-${process.pid}`, ...PATIENT };
    const [a, b] = [one.prisma.$extends(cacheExtension(options)), two.prisma.$extends(cacheExtension(options))];
    const read = () => b.user.findUnique({ where: { id: 1 } });
    await a.user.findUnique({ where: { id: 1 } });
    await settled(a);
    expect((await two.counting(read)).queries).toBe(0);
    await a.user.update({ where: { id: 1 }, data: { name: "from a" } });
    expect((await read())?.name).toBe("from a");
    await Promise.all([a.$disconnect(), b.$disconnect()]);
  });

  test("client-level omit never leaks through a shared cache", async () => {
    const database = await createDatabase("postgresql", { isSeeded: true });
    const [open, discreet] = await Promise.all([
      testClient("postgresql", { database }),
      testClient("postgresql", { database, omit: { user: { password: true } } }),
    ]);
    onTestFinished(() => database.drop());
    const options = { redis: redisUrl(), namespace: `omit-${process.pid}`, ...PATIENT };
    const [a, b] = [open.prisma.$extends(cacheExtension(options)), discreet.prisma.$extends(cacheExtension(options))];
    expect(await a.user.findUnique({ where: { id: 1 } })).toHaveProperty("password");
    await settled(a);
    expect(await b.user.findUnique({ where: { id: 1 } })).not.toHaveProperty("password");
    const written = await b.user.update({ where: { id: 1 }, data: { name: "z" } });
    expect(written).not.toHaveProperty("password");
    await Promise.all([a.$disconnect(), b.$disconnect()]);
  });

  test("extensions applied before and after see every operation, and the cache sees what they rewrite", async () => {
    const { plain, namespace } = await shop("postgresql");
    const seen: string[] = [];
    const watching = (name: string) => ({
      query: {
        $allOperations: ({
          args,
          query,
          operation,
        }: {
          args: unknown;
          query: (args: unknown) => Promise<unknown>;
          operation: string;
        }) => {
          seen.push(`${name}:${operation}`);
          return query(args);
        },
      },
    });
    const published = {
      query: {
        product: {
          findMany: ({ args, query }: { args: { where?: object }; query: (args: object) => Promise<unknown> }) =>
            query({ ...args, where: { ...args.where, published: true } }),
        },
      },
    };
    const cached = plain
      .$extends(watching("before") as never)
      .$extends(cacheExtension({ redis: redisUrl(), namespace, ...PATIENT }))
      .$extends(watching("after") as never)
      .$extends(published as never)
      .$extends({
        result: { product: { label: { needs: { name: true }, compute: ({ name }: { name: string }) => `<${name}>` } } },
      });
    onTestFinished(() => cached.$cache.disconnect());
    const read = () => cached.product.findMany({ orderBy: { id: "asc" } }).withCacheInfo();
    const first = await read();
    await settled(cached);
    const second = await read();
    expect(second.info.status).toBe("hit");
    expect(second.data.map(({ id, label }) => [id, label])).toEqual([1, 2, 4, 5].map((id) => [id, `<Product ${id}>`]));
    expect(first.data.length).toBe(4);
    expect(seen).toEqual(["before:findMany", "after:findMany", "before:findMany", "after:findMany"]);

    await cached.$transaction(async (tx) => {
      await tx.product.update({ where: { id: 3 }, data: { published: true } });
      expect((await tx.product.findMany()).length).toBe(5);
    });
    expect((await read()).data.length).toBe(5);
    expect(seen.filter((entry) => entry === "after:update")).toHaveLength(1);
  });

  test("nested transactions belong to the outer commit", async () => {
    const { cached } = await shop("postgresql");
    const read = async () => (await cached.user.findMany({ orderBy: { id: "asc" } })).map(({ name }) => name);
    await read();
    await settled(cached);
    await cached.$transaction(async (tx) => {
      await tx.user.update({ where: { id: 1 }, data: { name: "outer" } });
      await tx
        .$transaction(async (inner) => {
          await inner.user.update({ where: { id: 2 }, data: { name: "undone" } });
          throw new Error("savepoint");
        })
        .catch(() => {});
      await tx.$transaction(async (inner) => {
        await inner.user.update({ where: { id: 3 }, data: { name: "inner" } });
      });
      expect((await read()).slice(0, 3)).toEqual(["User 1", "User 2", "User 3"]);
    });
    expect((await read()).slice(0, 3)).toEqual(["outer", "User 2", "inner"]);
  });

  test("a transaction opened past the cache leaves nothing stale, and warns", async () => {
    const { plain, cached, events } = await shop("postgresql");
    const read = () => cached.user.findUnique({ where: { id: 1 } });
    await read();
    await settled(cached);
    await plain.$transaction([cached.user.update({ where: { id: 1 }, data: { name: "past" } }) as never]);
    expect(await read().withCacheInfo()).toMatchObject({ data: { name: "past" }, info: { status: "bypass" } });
    expect(events).toContainEqual(expect.objectContaining({ type: "warning", code: "UNKNOWN_TRANSACTION" }));
  });

  test("scope keeps readers apart", async () => {
    let tenant = "a";
    const { cached, counting } = await shop("postgresql", { scope: () => tenant });
    const read = () => cached.user.findMany();
    await read();
    await settled(cached);
    tenant = "b";
    expect((await counting(read)).queries).toBe(1);
    tenant = "a";
    expect((await counting(read)).queries).toBe(0);
  });
});

describe("without Redis", () => {
  test("process memory holds the entries", async () => {
    const { prisma, counting } = await testShop("sqlite");
    const cached = prisma.$extends(cacheExtension());
    const read = () => cached.product.findMany({ include: { tags: true } }).withCacheInfo();
    const { data } = await read();
    await settled(cached);
    const again = await counting(read);
    expect([again.queries, again.result.info.tier]).toEqual([0, "memory"]);
    expect(sameByType(again.result.data, data)).toBeNull();
    await cached.product.update({ where: { id: 1 }, data: { name: "x" } });
    expect((await read()).data[0]!.name).toBe("x");
  });
});

test("a schema that the client does not carry makes invalidation coarser, not wrong, and warns", async () => {
  const { prisma, counting } = await testShop("postgresql");
  const bare = new Proxy(prisma, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      return name === "_engineConfig" ? { ...(value as object), inlineSchema: undefined } : value;
    },
  });
  const cached = bare.$extends(cacheExtension());
  const events: CacheEvent[] = [];
  cached.$cache.on("event", (event) => events.push(event));
  const read = () => cached.user.findUnique({ where: { id: 2 }, include: { orders: { include: { lines: true } } } });
  await read();
  await settled(cached);
  expect((await counting(read)).queries).toBe(0);
  await cached.order.delete({ where: { id: 2n } });
  expect((await read())?.orders).toEqual([]);
  await expect
    .poll(() => events.find((event) => event.type === "warning"))
    .toMatchObject({ code: "SCHEMA_UNREADABLE" });
});

test("$disconnect closes the cache too, and the next query opens it again", async () => {
  const { prisma } = await testClient("postgresql");
  const cached = prisma.$extends(
    cacheExtension({ redis: redisUrl(), namespace: `disconnect-${process.pid}`, ...PATIENT }),
  );
  const statuses: string[] = [];
  cached.$cache.on("event", (event) => event.type === "store" && statuses.push(event.status));
  await cached.user.findMany();
  await cached.$disconnect();
  expect(statuses).toEqual(["ready", "closed"]);
  expect((await cached.user.findMany().withCacheInfo()).info.status).toBe("hit");
  await cached.$disconnect();
});

/** All of an error but the place of the call, which differs. */
function shown({ name, code, meta, clientVersion, message }: Prisma.PrismaClientKnownRequestError) {
  return { name, code, meta, clientVersion, message: message.replace(/ in\n[\s\S]*\n(?=An operation)/, "") };
}
