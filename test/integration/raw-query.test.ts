import { cacheExtension, type CacheEvent } from "@evercache/prisma";
import { makeTypedQueryFactory } from "@prisma/client/runtime/client";
import { describe, expect, onTestFinished, test } from "vitest";
import { providers, redisUrl, testShop, type Provider } from "../setup/client.js";
import { Prisma } from "../setup/generated/postgresql/client.js";

let namespaces = 0;

async function shop(provider: Provider = "postgresql", options: Parameters<typeof cacheExtension>[0] = {}) {
  const client = await testShop(provider);
  const namespace = `raw-query-${process.pid}-${namespaces++}`;
  const patient = { deadline: "10s", writeDeadline: "10s" } as const;
  const cached = client.prisma.$extends(cacheExtension({ redis: redisUrl(), namespace, ...patient, ...options }));
  const events: CacheEvent[] = [];
  cached.$cache.on("event", (event) => events.push(event));
  onTestFinished(() => cached.$cache.disconnect());
  return {
    ...client,
    plain: client.prisma,
    cached,
    events,
    settled: () => cached.$cache.invalidate({ tags: ["settled"] }),
  };
}

const products = (provider: Provider) => Prisma.raw(provider === "mysql" ? "`Product`" : '"Product"');

describe.each(providers())("on %s", (provider) => {
  test("a query is asked once, until a write to its model", async () => {
    const { cached, counting, settled } = await shop(provider);
    const table = products(provider);
    const options = { models: ["Product"] } as const;
    const read = (id: number) =>
      cached.$cache.queryRaw<{ name: string }[]>(options, Prisma.sql`SELECT name FROM ${table} WHERE id = ${id}`);
    const [{ name }] = (await read(1)) as [{ name: string }];
    await settled();
    expect(await counting(() => read(1))).toEqual({ result: [{ name }], queries: 0 });
    const { data, info } = await read(1).withCacheInfo();
    expect([data, info.status, info.tags]).toEqual([[{ name }], "hit", ["Product:any"]]);
    expect((await read(2).withCacheInfo()).info.status).toBe("miss");

    await cached.user.update({ where: { id: 1 }, data: { name: "other model" } });
    await settled();
    expect((await read(1).withCacheInfo()).info.status).toBe("hit");
    await cached.product.update({ where: { id: 1 }, data: { name: "changed" } });
    expect((await read(1).withCacheInfo()).data).toEqual([{ name: "changed" }]);
    await settled();
    await cached.$executeRaw`UPDATE ${table} SET name = ${"raw"}`;
    expect(await read(1)).toEqual([{ name: "raw" }]);
  });

  test("values keep their types, as fresh ones have them", async () => {
    const { plain, cached, settled } = await shop(provider);
    const orders = Prisma.raw(provider === "mysql" ? "`Order`" : '"Order"');
    await plain.product.updateMany({ data: { image: new Uint8Array([1, 2, 255]), price: "12.5" } });
    const asking = [
      ["Product", Prisma.sql`SELECT id, name, price, weight, image, published, attributes FROM ${products(provider)}`],
      ["Order", Prisma.sql`SELECT * FROM ${orders}`],
    ] as const;
    for (const [model, sql] of asking) {
      const fresh = await plain.$queryRaw(sql);
      expect(await cached.$cache.queryRaw({ models: [model] }, sql)).toEqual(fresh);
      await settled();
      const { data, info } = await cached.$cache.queryRaw({ models: [model] }, sql).withCacheInfo();
      expect(info.status).toBe("hit");
      expect(data).toStrictEqual(fresh);
    }
  });

  test("in a transaction it is that transaction's", async () => {
    const { cached, settled } = await shop(provider);
    const sql = Prisma.sql`SELECT name FROM ${products(provider)} WHERE id = 1`;
    const before = await cached.$cache.queryRaw({ models: ["Product"] }, sql);
    await settled();
    await cached
      .$transaction(async (tx) => {
        await tx.product.update({ where: { id: 1 }, data: { name: "uncommitted" } });
        const { data, info } = await tx.$cache.queryRaw({ models: ["Product"] }, sql).withCacheInfo();
        expect([data, info.reason]).toEqual([[{ name: "uncommitted" }], "transaction"]);
        throw new Error("roll back");
      })
      .catch(() => {});
    expect(await cached.$cache.queryRaw({ models: ["Product"] }, sql)).toEqual(before);
  });
});

test("a template: text and values with their types are the key", async () => {
  const { cached, settled } = await shop();
  const ask = (value: unknown) =>
    cached.$cache.queryRaw({ models: ["Product"] })<
      { n: unknown }[]
    >`SELECT ${value} AS n FROM "Product" LIMIT 1`.withCacheInfo();
  for (const value of ["1", 1, 1n, true, new Date(0), new Prisma.Decimal("1"), null]) {
    expect((await ask(value)).info.status).toBe("miss");
  }
  await settled();
  expect((await ask("1")).info.status).toBe("hit");
  expect((await ask("1")).data).toEqual([{ n: "1" }]);
  // The same text, cut elsewhere.
  const [x, y] = ["'a, b'", "c"];
  const cut = (sql: Prisma.Sql) => cached.$cache.queryRaw({ tags: ["cut"] }, sql).withCacheInfo();
  expect((await cut(Prisma.sql`SELECT ${x} || ${y} AS n`)).info.status).toBe("miss");
  expect((await cut(Prisma.sql`SELECT ${y} || ${x} AS n`)).info.status).toBe("miss");
});

test("its own ttl and tags count, and else the shortest of its models'", async () => {
  const { cached, settled } = await shop("postgresql", {
    defaults: { jitter: 0 },
    models: { Product: { ttl: "10s" }, User: { ttl: "1h" }, Tag: false },
  } as never);
  const lives = async (options: { models?: readonly ("Product" | "User" | "Tag")[]; ttl?: "5m"; tags?: string[] }) => {
    const ask = () => cached.$cache.queryRaw(options)`SELECT ${JSON.stringify(options)} AS a`.withCacheInfo();
    await ask();
    await settled();
    const { info } = await ask();
    return info.status === "hit" ? Number(info.expiresAt) - Number(info.storedAt) : info.reason;
  };
  expect(await lives({ models: ["Product", "User"] })).toBe(10_000);
  expect(await lives({ models: ["User"] })).toBe(3_600_000);
  expect(await lives({ models: ["User"], ttl: "5m" })).toBe(300_000);
  expect(await lives({ models: ["User", "Tag"] })).toBe("policy");
  expect(await lives({ tags: ["home"] })).toBe(60_000);
  await cached.$cache.invalidate({ tags: ["home"] });
  const options = { tags: ["home"] };
  const { info } = await cached.$cache.queryRaw(options)`SELECT ${JSON.stringify(options)} AS a`.withCacheInfo();
  expect([info.status, info.reason]).toEqual(["miss", "invalidated"]);
});

test("one that depends on tags alone ends with everything", async () => {
  const { cached, settled } = await shop();
  const ask = () => cached.$cache.queryRaw({ tags: ["home"] })`SELECT 1 AS n`.withCacheInfo();
  await ask();
  await settled();
  expect((await ask()).info.status).toBe("hit");
  await cached.$cache.invalidateAll();
  expect((await ask()).info.reason).toBe("invalidated");
});

test("a write to volatile columns alone ends it too", async () => {
  const { cached, settled } = await shop("postgresql", { models: { Product: { volatile: ["views", "updatedAt"] } } });
  const ask = () => cached.$cache.queryRaw({ models: ["Product"] })`SELECT views FROM "Product" WHERE id = 1`;
  await ask();
  await settled();
  await cached.product.update({ where: { id: 1 }, data: { views: 77 } });
  expect(await ask()).toEqual([{ views: 77 }]);
});

test("scope separates readers", async () => {
  let tenant = "a";
  const { cached, settled } = await shop("postgresql", { scope: () => tenant });
  const ask = () => cached.$cache.queryRaw({ models: ["Product"] })`SELECT count(*) FROM "Product"`.withCacheInfo();
  await ask();
  await settled();
  tenant = "b";
  expect((await ask()).info.status).toBe("miss");
  tenant = "a";
  expect((await ask()).info.status).toBe("hit");
});

test("a query over a join table depends on it too", async () => {
  const { cached, settled } = await shop();
  const ask = () =>
    cached.$cache.queryRaw({ models: ["Product"] })`
      SELECT p.id, count(j."B") FROM "Product" p LEFT JOIN "_ProductToTag" j ON j."A" = p.id GROUP BY p.id ORDER BY p.id`;
  const before = await ask();
  await settled();
  await cached.tag.create({ data: { id: 999, name: "new", products: { connect: { id: 1 } } } });
  expect(await ask()).not.toEqual(before);
});

test.each<[string, object, Prisma.Sql, string, RegExp]>([
  [
    "a write",
    { models: ["Product"] },
    Prisma.sql`UPDATE "Product" SET name = 'x' RETURNING id`,
    "NOT_A_QUERY",
    /SELECT/,
  ],
  [
    "a write in a WITH",
    { models: ["Product"] },
    Prisma.sql`WITH gone AS (DELETE FROM "Product" RETURNING id) SELECT * FROM gone`,
    "NOT_A_QUERY",
    /may write/,
  ],
  ["an unknown function", { models: ["Product"] }, Prisma.sql`SELECT my_function()`, "NOT_A_QUERY", /function/],
  ["a sequence", { tags: ["a"] }, Prisma.sql`SELECT nextval('a')`, "NOT_A_QUERY", /each time/],
  ["row locks", { models: ["User"] }, Prisma.sql`SELECT id FROM users FOR NO KEY UPDATE`, "NOT_A_QUERY", /locks/],
  ["two statements", { models: ["User"] }, Prisma.sql`SELECT 1; SELECT 2`, "NOT_A_QUERY", /one statement/],
  ["a setting", { models: ["User"] }, Prisma.sql`SET search_path = a`, "NOT_A_QUERY", /no SELECT/],
  [
    "a model that it forgot",
    { models: ["Product"] },
    Prisma.sql`SELECT p.id FROM "Product" p, users u JOIN "Review" r ON true`,
    "INVALID_OPTION",
    /User and Review too: write models: \["Product", "User", "Review"\]/,
  ],
  ["neither models nor tags", { ttl: "5s" }, Prisma.sql`SELECT 1`, "INVALID_OPTION", /depends on/],
  ["an unknown model", { models: ["Prodct"] }, Prisma.sql`SELECT 1`, "UNKNOWN_MODEL", /"Prodct"/],
  ["an unknown option", { modles: [] }, Prisma.sql`SELECT 1`, "UNKNOWN_OPTION", /modles/],
  ["a bad ttl", { models: ["User"], ttl: "5 minutes" }, Prisma.sql`SELECT 1`, "INVALID_DURATION", /ttl/],
  ["no query", { models: ["User"] }, 5 as never, "INVALID_OPTION", /template/],
])("refuses %s, and does not run it", async (_, options, sql, code, message) => {
  const { cached, counting } = await shop();
  const { queries } = await counting(() =>
    expect((cached.$cache.queryRaw as (...args: unknown[]) => Promise<unknown>)(options, sql)).rejects.toMatchObject({
      name: "EvercacheError",
      code,
      message: expect.stringMatching(message),
    }),
  );
  expect(queries).toBe(0);
});

test("what is no table is not taken for one", async () => {
  const { cached } = await shop();
  const ask = cached.$cache.queryRaw({ models: ["Product"] });
  // "stock" and "Order" are tables, too.
  await ask`SELECT stock, 'FROM users' AS "Review" FROM "Product" /* JOIN users */ ORDER BY stock -- FROM users`;
});

test("other query extensions see it, and what they run besides is not taken for it", async () => {
  const { plain, settled } = await shop();
  const seen: string[] = [];
  const observed = plain.$extends({
    query: {
      async $queryRaw({ args, query }) {
        seen.push(args.sql);
        await plain.$queryRaw`SELECT 'besides'`;
        return query(args);
      },
    },
  });
  const namespace = `raw-query-${process.pid}-${namespaces++}`;
  const cached = observed.$extends(cacheExtension({ redis: redisUrl(), namespace, deadline: "10s" }));
  onTestFinished(() => cached.$cache.disconnect());
  const ask = () => cached.$cache.queryRaw({ models: ["Product"] })`SELECT id FROM "Product"`.withCacheInfo();
  expect((await ask()).info.status).toBe("miss");
  await cached.$cache.invalidate({ tags: ["settled"] });
  expect((await ask()).info.status).toBe("hit");
  expect(seen).toEqual(['SELECT id FROM "Product"', 'SELECT id FROM "Product"']);
  await settled();
});

test("as Prisma's own it runs when it is awaited, and once", async () => {
  const { cached, counting } = await shop();
  const { result: query, queries } = await counting(async () => {
    const lazy = cached.$cache.queryRaw({ models: ["Product"] })`SELECT id FROM "Product"`;
    return { lazy };
  });
  expect(queries).toBe(0);
  expect((await counting(() => Promise.all([query.lazy, query.lazy.finally(() => {})]))).queries).toBe(1);
});

describe("TypedSQL", () => {
  async function typed() {
    const all = await shop();
    // What `previewFeatures = ["typedSql"]` of the generator does.
    (all.plain as unknown as { _engineConfig: { previewFeatures: string[] } })._engineConfig.previewFeatures = [
      "typedSql",
    ];
    return { ...all, run: all.cached as unknown as { $queryRawTyped(query: object): Promise<unknown> } };
  }

  test("is cached on request", async () => {
    const { cached, counting, settled } = await typed();
    const nameOf = makeTypedQueryFactory('SELECT name FROM "Product" WHERE id = $1');
    const ask = (id: number) => cached.$cache.queryRaw({ models: ["Product"] }, nameOf(id));
    const names = await ask(1);
    await settled();
    expect(await counting(() => ask(1))).toEqual({ result: names, queries: 0 });
    expect(await ask(2)).not.toEqual(names);
  });

  test("drops what it writes, and nothing where it reads", async () => {
    const { cached, run, settled } = await typed();
    const read = () => cached.product.findUnique({ where: { id: 1 } }).withCacheInfo();
    await read();
    await settled();
    await run.$queryRawTyped(makeTypedQueryFactory('SELECT name FROM "Product" WHERE id = $1')(1));
    await settled();
    expect((await read()).info.status).toBe("hit");
    const rename = makeTypedQueryFactory('UPDATE "Product" SET name = $1 WHERE id = $2 RETURNING id');
    expect(await run.$queryRawTyped(rename("typed", 1))).toEqual([{ id: 1 }]);
    expect((await read()).data?.name).toBe("typed");
  });
});
