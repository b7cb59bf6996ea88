import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { ROW, shop, withCache } from "./fast-path-clients.js";

test("the queries of a client, by their shape", async () => {
  const { plain } = await shop();
  const client = withCache(plain, { defaults: { l1: true } });
  for (let i = 0; i < 3; i++) await client.product.findUnique(ROW);
  await client.product.findUniqueOrThrow(ROW);
  await client.product.findUniqueOrThrow({ where: { id: 2 } });
  for (const take of [1, 2, 3])
    await client.product.findMany({ where: { categoryId: 1 }, take, orderBy: { id: "asc" } });
  await client.$cache.queryRaw({ models: ["Product"] })`SELECT count(*) FROM "Product" WHERE name <> 'secret'`;
  const { queries } = client.$cache.stats({ queries: true });
  const [first, ...others] = queries.byLoads;
  expect(first).toMatchObject({
    model: "Product",
    operation: "findMany",
    shape: "{ where: { categoryId: ? }, orderBy: { id: asc }, take: ? }",
    loads: 3,
    hit: 0,
    hitRatio: 0,
  });
  expect(others.toSorted((a, b) => (a.operation < b.operation ? -1 : 1))).toMatchObject([
    {
      operation: "findUnique",
      shape: "{ where: { id: ? } }",
      tags: ["Product:by:id", "Product:row:?"],
      loads: 1,
      hit: 2,
    },
    // The first of them found what findUnique had stored.
    { operation: "findUniqueOrThrow", shape: "{ where: { id: ? } }", loads: 1, hit: 1 },
    { model: "$raw", operation: "queryRaw", shape: "select count (*) from product where name <> ?", loads: 1 },
  ]);
  expect(client.$cache.stats({ queries: { top: 1 } }).queries.byLoads).toHaveLength(1);
  expect(JSON.stringify(queries)).not.toContain("secret");
});

test("a write that drops what it does not change was needless", async () => {
  const { plain } = await shop();
  const client = withCache(plain, { models: { Product: { granularity: "model" } } });
  await client.product.findUnique(ROW);
  for (let stock = 1; stock <= 3; stock++) {
    await client.product.update({ where: { id: 2 }, data: { name: `lamp ${stock}` } });
    await client.product.findUnique(ROW);
    await expect.poll(() => client.$cache.stats().fills.stored).toBe(stock + 1);
  }
  await client.product.update({ where: { id: 1 }, data: { name: "another" } });
  await client.product.findUnique(ROW);
  expect(client.$cache.stats({ queries: true }).queries.byNeedless).toMatchObject([
    { shape: "{ where: { id: ? } }", invalidated: 4, needless: 3, loads: 5 },
  ]);
});

test("of encrypted models and columns that are never stored there are names, and no values", async () => {
  const { plain } = await shop();
  const key = randomBytes(32).toString("base64");
  const client = withCache(plain, {
    models: { User: { encrypt: true } },
    encryption: { keys: [{ id: "a", key }] },
  });
  await client.user.findMany({ where: { email: "ann@example.com" } });
  const { queries } = client.$cache.stats({ queries: true });
  expect(queries.byLoads).toMatchObject([{ model: "User", shape: "{ where: { email: ? } }" }]);
  expect(JSON.stringify(queries)).not.toContain("ann@");
});

test("what is asked for is checked", async () => {
  const { plain } = await shop();
  const { $cache } = withCache(plain);
  const stats = (options: unknown) => () => $cache.stats(options as { queries: true });
  expect($cache.stats({})).not.toHaveProperty("queries");
  expect($cache.stats({ queries: false })).not.toHaveProperty("queries");
  expect(stats({ querys: true })).toThrow("Did you mean queries?");
  expect(stats({ queries: 5 })).toThrow("write true, or { top: 20 }");
  expect(stats({ queries: { top: 0 } })).toThrow("from 1 to 100");
  expect(stats({ queries: { top: 101 } })).toThrow("from 1 to 100");
  expect(stats({ queries: { most: 1 } })).toThrow('there is no option "most"');
});
