import { cacheExtension, type CacheOptions } from "@evercache/prisma";
import { describe, expect, onTestFinished, test } from "vitest";
import { providers, redisUrl, testShop, type Provider } from "../setup/client.js";

let namespaces = 0;

/** These tests are about what is cached, however slow the machine is. */
const PATIENT = { deadline: "10s", writeDeadline: "10s" } as const;
const COUNTERS = { models: { Product: { volatile: ["views", "updatedAt"] } } } as const;

async function shop(provider: Provider, options: Pick<CacheOptions, "models" | "defaults">) {
  const { prisma: plain } = await testShop(provider);
  const namespace = `tracking-${process.pid}-${namespaces++}`;
  const cached = plain.$extends(cacheExtension({ redis: redisUrl(), namespace, ...PATIENT, ...options }));
  onTestFinished(() => cached.$cache.disconnect());
  return { plain, cached };
}

interface Informed {
  withCacheInfo(): Promise<{ data: unknown; info: { status: string } }>;
}

/** Reads each until it is a hit, writes, and says of each what it is then. */
async function statusesAfter(
  client: { $cache: { invalidate(what: { tags: string[] }): Promise<unknown> } },
  reads: readonly (() => Informed)[],
  write: () => PromiseLike<unknown>,
): Promise<string[]> {
  for (const read of reads) await read().withCacheInfo();
  // Fills go by the same connection, in order.
  await client.$cache.invalidate({ tags: ["settled"] });
  for (const read of reads) expect((await read().withCacheInfo()).info.status).toBe("hit");
  await write();
  const statuses = [];
  for (const read of reads) statuses.push((await read().withCacheInfo()).info.status);
  return statuses;
}

describe.each(providers())("on %s", (provider) => {
  test("a write to volatile columns alone drops only what looks at them", async () => {
    const { cached } = await shop(provider, COUNTERS);
    const where = { id: 1 };
    const name = () => cached.product.findUnique({ where, select: { name: true } });
    const views = () => cached.product.findUnique({ where, select: { views: true } });
    const lines = () =>
      cached.order.findMany({ select: { lines: { select: { product: { select: { name: true } } } } } });
    const counted = () => cached.orderLine.findMany({ select: { product: { select: { views: true } } } });
    const other = () => cached.product.findUnique({ where: { id: 5 } });
    const reads = [name, views, lines, counted, other];

    const update = () => cached.product.update({ where: { id: 2 }, data: { views: { increment: 1 } } });
    expect(await statusesAfter(cached, reads, update)).toEqual(["hit", "hit", "hit", "miss", "hit"]);
    const own = () => cached.product.update({ where: { sku: "sku1" }, data: { views: 7 } });
    expect((await statusesAfter(cached, reads, own)).slice(0, 2)).toEqual(["hit", "miss"]);
    expect(await views()).toEqual({ views: 7 });
    const many = () => cached.product.updateMany({ data: { views: 8 } });
    expect(await statusesAfter(cached, reads, many)).toEqual(["hit", "miss", "hit", "miss", "miss"]);

    const both = () => cached.product.update({ where, data: { views: 9, name: "Renamed" } });
    expect((await statusesAfter(cached, reads, both)).slice(0, 2)).toEqual(["miss", "miss"]);
    expect(await name()).toEqual({ name: "Renamed" });
    expect(await views()).toEqual({ views: 9 });
  });

  test("a computed field is dropped with the volatile column that it needs", async () => {
    const { plain } = await shop(provider, {});
    const cached = plain
      .$extends({
        result: { product: { fame: { needs: { views: true }, compute: ({ views }) => `seen ${views} times` } } },
      })
      .$extends(cacheExtension({ ...COUNTERS, ...PATIENT }));
    onTestFinished(() => cached.$cache.disconnect());
    const reads = [
      () => cached.product.findUnique({ where: { id: 2 }, select: { fame: true } }),
      () => cached.product.findUnique({ where: { id: 2 }, omit: { views: true, updatedAt: true } }),
      () => cached.orderLine.findMany({ where: { productId: 2 }, select: { product: { select: { fame: true } } } }),
      () => cached.product.findUnique({ where: { id: 2 }, select: { name: true } }),
    ] as const;
    const update = () => cached.product.update({ where: { id: 2 }, data: { views: 7 } });
    expect(await statusesAfter(cached, reads as never, update)).toEqual(["miss", "miss", "miss", "hit"]);
    expect((await reads[0]())?.fame).toBe("seen 7 times");
    expect((await reads[1]())?.fame).toBe("seen 7 times");
    expect((await reads[2]())[0]?.product.fame).toBe("seen 7 times");
  });

  test("a write drops the models that it also writes to", async () => {
    const { cached } = await shop(provider, { models: { Order: { alsoWrites: ["Stock"] } } });
    const key = { warehouseId_productId: { warehouseId: "w1", productId: 2 } };
    const stock = () => cached.stock.findUnique({ where: key });
    const user = () => cached.user.findUnique({ where: { id: 1 } });
    const statuses = (write: () => PromiseLike<unknown>) => statusesAfter(cached, [stock, user], write);
    expect(await statuses(() => cached.order.update({ where: { id: 1n }, data: { note: "x" } }))).toEqual([
      "miss",
      "hit",
    ]);
    expect(await statuses(() => cached.order.updateMany({ data: { note: "y" } }))).toEqual(["miss", "hit"]);
    const nested = { orders: { update: { where: { id: 1n }, data: { note: "z" } } } };
    expect(await statuses(() => cached.user.update({ where: { id: 1 }, data: nested }))).toEqual(["miss", "miss"]);
    expect(await statuses(() => cached.review.deleteMany())).toEqual(["hit", "hit"]);
  });

  test("lists by a tracked column outlive writes to rows of other values", async () => {
    const { cached } = await shop(provider, { models: { Address: { trackBy: ["city"] } } });
    const inX = () => cached.address.findMany({ where: { city: "X" }, orderBy: { id: "asc" } });
    const inY = () => cached.address.findMany({ where: { city: "Y" } });
    const either = () => cached.address.findMany({ where: { city: { in: ["Y", "Z"] } } });
    const elsewhere = () => cached.address.findMany({ where: { city: { not: "X" } } });
    const statuses = (write: () => PromiseLike<unknown>) => statusesAfter(cached, [inX, inY, either, elsewhere], write);
    const address = { label: "new", street: "New Street", countryCode: "DE", userId: 1 };
    const create = (id: string, city: string) => () =>
      cached.address.create({ data: { ...address, id, city, label: id } });
    expect(await statuses(create("a", "X"))).toEqual(["miss", "hit", "hit", "miss"]);
    expect(await statuses(create("b", "Y"))).toEqual(["hit", "miss", "miss", "miss"]);
    expect(await statuses(create("c", "Q"))).toEqual(["hit", "hit", "hit", "miss"]);
    // A row of X, as the selector says, stays one.
    const rename = () => cached.address.update({ where: { id: "a", city: "X" }, data: { street: "Old Street" } });
    expect(await statuses(rename)).toEqual(["miss", "hit", "hit", "miss"]);
    // It does not say where the row was.
    const move = () => cached.address.update({ where: { id: "a" }, data: { city: "Y" } });
    expect((await statuses(move)).slice(0, 3)).toEqual(["miss", "miss", "miss"]);
    expect((await inY()).map(({ id }) => id).sort()).toEqual(["a", "b"]);
  });

  test("a model of which rows are not told apart goes as a whole", async () => {
    const { cached } = await shop(provider, { models: { Tag: { granularity: "model" } } });
    const tag = () => cached.tag.findUnique({ where: { id: 1 } });
    const user = () => cached.user.findUnique({ where: { id: 1 } });
    const rename = () => cached.tag.update({ where: { id: 2 }, data: { name: "other" } });
    expect(await statusesAfter(cached, [tag, user], rename)).toEqual(["miss", "hit"]);
    const neighbour = () => cached.user.update({ where: { id: 2 }, data: { name: "Ada" } });
    expect(await statusesAfter(cached, [tag, user], neighbour)).toEqual(["hit", "hit"]);
  });
});
