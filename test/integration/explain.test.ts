import { isModelTag, type Tag } from "@evercache/core";
import { cacheExtension, type CacheEvent } from "@evercache/prisma";
import type { PrismaPromise } from "@prisma/client/runtime/client";
import { describe, expect, onTestFinished, test } from "vitest";
import { providers, redisUrl, testShop, type Provider } from "../setup/client.js";

let namespaces = 0;

/** These tests are about what is cached, however slow the machine is. */
const PATIENT = { deadline: "10s", writeDeadline: "10s" } as const;

async function shop(provider: Provider, options: Parameters<typeof cacheExtension>[0] = {}) {
  const client = await testShop(provider);
  const namespace = `explain-${process.pid}-${namespaces++}`;
  const cached = client.prisma.$extends(cacheExtension({ redis: redisUrl(), namespace, ...PATIENT, ...options }));
  const events: CacheEvent[] = [];
  cached.$cache.on("event", (event) => events.push(event));
  onTestFinished(() => cached.$cache.disconnect());
  return { ...client, plain: client.prisma, cached, events };
}

type Cached = Awaited<ReturnType<typeof shop>>["cached"];

const table = (provider: Provider) => (provider === "mysql" ? "`Review`" : '"Review"');

const WRITES: Readonly<Record<string, (client: Cached, provider: Provider) => PrismaPromise<unknown>>> = {
  "create with an unknown key": (p) => p.review.create({ data: { userId: 1, productId: 5, rating: 5 } }),
  "create of many": (p) => p.tag.createMany({ data: [{ name: "x" }, { name: "y" }] }),
  "update by key": (p) => p.user.update({ where: { id: 1 }, data: { name: "Ada" } }),
  "update of a key": (p) => p.user.update({ where: { id: 1 }, data: { handle: "ada" } }),
  "update by another key": (p) => p.user.update({ where: { email: "u2@shop.test" }, data: { active: false } }),
  "update of a foreign key": (p) => p.product.update({ where: { id: 1 }, data: { category: { disconnect: true } } }),
  upsert: (p) => p.country.upsert({ where: { code: "XX" }, create: { code: "XX", name: "X" }, update: { name: "X" } }),
  "nested writes": (p) =>
    p.product.update({ where: { id: 2 }, data: { tags: { create: { name: "z" } }, reviews: { deleteMany: {} } } }),
  "update of many": (p) => p.product.updateMany({ where: { price: { gt: 1 } }, data: { published: false } }),
  "delete with cascades": (p) => p.order.delete({ where: { id: 1 } }),
  "delete of many": (p) => p.review.deleteMany({ where: { productId: 1 } }),
  SQL: (p, provider) => p.$executeRawUnsafe(`UPDATE ${table(provider)} SET rating = 1`),
};

describe.each(providers())("on %s", (provider) => {
  test("what a write would lock is what it locks", async () => {
    const { cached, events, counting } = await shop(provider);
    for (const [name, write] of Object.entries(WRITES)) {
      const locks = () => events.flatMap((event) => (event.type === "quarantine" ? [event.tags] : []));
      const before = locks().length;
      const { result, queries } = await counting(() => cached.$cache.explain(write(cached, provider)));
      expect([queries, locks().length], name).toEqual([0, before]);

      // One that the database refuses has locked just as well.
      await Promise.allSettled([write(cached, provider)]);
      const told = [...result.changed, ...result.fenced].sort();
      expect([...new Set(told)], name).toEqual([...(locks()[before] ?? [])].sort());

      const coarse = [...new Set(told)].filter((tag) => isModelTag(tag as Tag));
      expect(coarse, name).not.toEqual([]);
      expect(Object.keys(result.reasons).sort(), name).toEqual(coarse);
      expect(Object.values(result.reasons).join("\n"), name).not.toMatch(/undefined|not understood/);
    }
  });

  test("a write says why it is as coarse as it is", async () => {
    const { cached } = await shop(provider);
    const updated = await cached.$cache.explain(cached.user.update({ where: { id: 1 }, data: { handle: "ada" } }));
    expect(updated).toMatchObject({ kind: "write", model: "User", operation: "update", models: ["User"] });
    expect(updated.changed).toContain("User:row:1");
    expect(updated.reasons).toMatchObject({
      "User:by:handle": "handle is written, and its value before is not known",
      "User:by:email": "the email of the row is known only when it comes back",
    });

    const deleted = await cached.$cache.explain(cached.order.delete({ where: { id: 1 } }));
    expect(deleted.models).toEqual(["Order", "OrderLine", "Refund"]);
    expect(deleted.reasons).toMatchObject({
      "Order:any": "every write to Order",
      "OrderLine:any": "rows that reference Order by orderId (onDelete: Cascade)",
      "Refund:by:id":
        "rows that reference OrderLine by orderId and position (onDelete: Cascade); not known of them: id",
    });

    const nested = await cached.$cache.explain(
      cached.product.update({ where: { id: 1 }, data: { tags: { create: { name: "z" } } } }),
    );
    expect(nested.reasons).toMatchObject({
      "Tag:any": "nested write through Product.tags",
      "_ProductToTag:any": "nested write through Product.tags",
      "Tag:new:id": "nested write through Product.tags: a key that a row may get is not known beforehand",
    });

    const many = await cached.$cache.explain(
      cached.user.deleteMany({ where: { id: { in: Array.from({ length: 101 }, (_, i) => i) } } }),
    );
    expect(many.reasons["User:by:id"]).toBe("more than 100 rows");

    const raw = await cached.$cache.explain(cached.$executeRawUnsafe(`DELETE FROM ${table(provider)}`));
    expect(raw).toMatchObject({
      kind: "write",
      model: null,
      operation: "$executeRawUnsafe",
      models: ["Review"],
      fenced: [],
    });
    expect(raw.reasons["Review:any"]).toBe("the SQL names Review, and does not tell which of its rows change");
    const reading = await cached.$cache.explain(cached.$queryRawUnsafe(`SELECT 1 FROM ${table(provider)}`));
    expect(reading).toMatchObject({ kind: "write", models: [], changed: [], fenced: [], reasons: {} });
  });

  test("a hit says what the entry depends on", async () => {
    const { cached, events } = await shop(provider);
    const read = () => cached.review.findFirst({ where: { id: 1 }, include: { user: true } });
    const before = await cached.$cache.explain(read());
    expect(before).toMatchObject({ kind: "read", verdict: "miss", entryTags: null });
    expect(before.tags).toContain("User:any");
    expect(before.reasons["User:any"]).toBe(
      "Review.user leads to rows that only the result tells; the rows of the result take its place",
    );

    const review = await read();
    await expect.poll(() => events.some((event) => event.type === "fill" && event.outcome === "stored")).toBe(true);
    const { verdict, tags, entryTags } = await cached.$cache.explain(read());
    expect([verdict, tags]).toEqual(["hit", before.tags]);
    expect(entryTags).toContain(`User:row:${review!.userId}`);
    expect(entryTags).not.toContain("User:any");

    const nobody = () => cached.user.findUnique({ where: { id: 99 } });
    await nobody();
    await expect
      .poll(async () => (await cached.$cache.explain(nobody())).entryTags)
      .toEqual(["User:new:id", "User:row:99"]);
  });
});

test("an update of a row that was read says what it knows of the row", async () => {
  const { cached } = await shop("postgresql");
  const write = () => cached.user.update({ where: { id: 1 }, data: { name: "Ada" } });
  expect((await cached.$cache.explain(write())).fenced).toContain("User:by:email");
  await cached.user.findUnique({ where: { id: 1 } });
  const { changed, fenced } = await cached.$cache.explain(write());
  expect(changed).toContain("User:unique:email=u1@shop.test");
  expect(fenced).toEqual([]);
});

test("through an extension that opens a transaction around each query, nothing is run either", async () => {
  const { prisma: plain } = await testShop("postgresql");
  const namespace = `explain-${process.pid}-${namespaces++}`;
  const cached = plain
    .$extends({
      query: {
        async $allOperations({ args, query }) {
          const set = plain.$executeRaw`SELECT set_config('app.tenant', '1', true)`;
          const [, result] = await plain.$transaction([set, query(args) as never]);
          return result;
        },
      },
    })
    .$extends(cacheExtension({ redis: redisUrl(), namespace, ...PATIENT }));
  onTestFinished(() => cached.$cache.disconnect());
  const rename = { where: { id: 1 }, data: { name: "Ada" } };
  for (const write of [
    () => cached.user.update(rename),
    () => cached.user.update(rename).profile(),
    () => cached.$executeRaw`UPDATE users SET name = 'Ada'`,
  ]) {
    expect((await cached.$cache.explain(write())).models).toContain("User");
  }
  expect(await plain.user.count({ where: { name: "Ada" } })).toBe(0);
  await cached.user.update(rename);
  expect(await plain.user.count({ where: { name: "Ada" } })).toBe(1);
});

test("at strict, what was not found is dropped, and nothing learnt of it", async () => {
  const { cached, events } = await shop("postgresql", { consistency: "strict" });
  const write = () => cached.auditLog.create({ data: { action: "a" } });
  const { changed, fenced, reasons } = await cached.$cache.explain(write());
  expect([changed, fenced]).toEqual([["AuditLog:any", "AuditLog:new:id"], []]);
  expect(reasons["AuditLog:new:id"]).toBe("a key that a row may get is not known beforehand");
  await write();
  expect(events.find(({ type }) => type === "quarantine")).toMatchObject({ tags: changed });
});

test("a write of volatile columns alone, and SQL that nobody understands", async () => {
  const { cached } = await shop("postgresql", { models: { Stock: { volatile: ["quantity"] } } });
  const volatile = await cached.$cache.explain(
    cached.stock.updateMany({ where: { productId: 1 }, data: { quantity: 1 } }),
  );
  expect(volatile.models).toEqual(["Stock"]);
  expect(volatile.reasons["Stock.volatile:any"]).toBe("updateMany of volatile columns alone");
  const unclear = await cached.$cache.explain(cached.$executeRaw`DO $$ BEGIN PERFORM anything(); END $$`);
  expect(unclear.models).toContain("User");
  expect(unclear.reasons["User:any"]).toMatch(/not understood/);
});
