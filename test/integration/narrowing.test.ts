import { cacheExtension, type CacheEvent } from "@evercache/prisma";
import { describe, expect, onTestFinished, test } from "vitest";
import { createClient, providers, redisUrl, testShop, type Provider } from "../setup/client.js";
import { sameByType } from "./same-by-type.js";
import type { ShopClient } from "./shop-queries.js";

let namespaces = 0;

/** These tests are about what is cached, however slow the machine is. */
const PATIENT = { deadline: "10s", writeDeadline: "10s" } as const;

type Plain = Awaited<ReturnType<typeof testShop>>["prisma"];

function cachedClient(plain: Plain, namespace: string) {
  const cached = plain.$extends(cacheExtension({ redis: redisUrl(), namespace, ...PATIENT }));
  const fills: Extract<CacheEvent, { type: "fill" }>[] = [];
  const waiting: (() => void)[] = [];
  cached.$cache.on("event", (event) => {
    if (event.type !== "fill") return;
    fills.push(event);
    for (const go of waiting.splice(0)) go();
  });
  onTestFinished(() => cached.$cache.disconnect());
  return {
    cached,
    /** Runs a read that misses, and waits until its result is stored. */
    stored: async <T>(read: () => PromiseLike<T>): Promise<T> => {
      const before = fills.length;
      const result = await read();
      while (fills.length === before) await new Promise<void>((resolve) => void waiting.push(resolve));
      expect(fills.at(-1)?.outcome).toBe("stored");
      return result;
    },
  };
}

async function shop(provider: Provider) {
  const { prisma: plain, database } = await testShop(provider);
  const namespace = `narrowing-${process.pid}-${namespaces++}`;
  return { plain, database, namespace, ...cachedClient(plain, namespace) };
}

type Cached = Awaited<ReturnType<typeof shop>>["cached"];
type Write = (client: Cached) => PromiseLike<unknown>;

interface Case {
  readonly read: (client: ShopClient) => PromiseLike<unknown>;
  /** Of `withCacheInfo()`. */
  readonly informed: (client: Cached) => Promise<{ data: unknown; info: { status: string; tags: readonly string[] } }>;
  /** Some of the tags of a hit. */
  readonly tags: readonly string[];
  /** None of these is one. */
  readonly wide: readonly string[];
  /** Each leaves the entry alone. */
  readonly unrelated: Readonly<Record<string, Write>>;
  /** Each changes the result. */
  readonly related: Readonly<Record<string, Write>>;
}

const userByEmail = {
  where: { email: "u1@shop.test" },
  select: {
    name: true,
    reviews: { select: { rating: true }, orderBy: { id: "asc" } },
    orders: { include: { lines: true } },
  },
} as const;
const orderWithUser = {
  where: { id: 1n },
  omit: { userId: true },
  include: { user: { omit: { updatedAt: true } } },
} as const;
const deep = {
  where: { id: 1n },
  select: {
    number: true,
    lines: { select: { quantity: true, product: { select: { name: true, category: { select: { name: true } } } } } },
  },
} as const;
const tree = {
  where: { slug: "c4" },
  include: { parent: true, successor: true, children: { include: { products: true } } },
} as const;

const CASES: Readonly<Record<string, Case>> = {
  "a row with its owner": {
    read: (client) => client.order.findUnique(orderWithUser),
    informed: (client) => client.order.findUnique(orderWithUser).withCacheInfo(),
    tags: ["Order:row:1", "User:by:id", "User:row:1"],
    wide: ["User:any", "Order:any"],
    unrelated: {
      "another user": (client) => client.user.update({ where: { id: 2 }, data: { name: "Ada" } }),
      "a new user": (client) => client.user.create({ data: { id: 9, email: "new@shop.test", name: "New" } }),
      "another order's user": (client) => client.order.update({ where: { id: 2n }, data: { userId: 3 } }),
    },
    related: {
      "its user": (client) => client.user.update({ where: { id: 1 }, data: { name: "Ada" } }),
      "its user by another key": (client) =>
        client.user.update({ where: { email: "u1@shop.test" }, data: { name: "Ada" } }),
      "its user among many": (client) => client.user.updateMany({ where: { name: "User 1" }, data: { name: "Ada" } }),
      "its foreign key": (client) => client.order.update({ where: { id: 1n }, data: { userId: 2 } }),
      "its link, from the other side": (client) =>
        client.user.update({ where: { id: 2 }, data: { orders: { connect: { id: 1n } } } }),
    },
  },
  "lists of a row found by another key": {
    read: (client) => client.user.findUnique(userByEmail),
    informed: (client) => client.user.findUnique(userByEmail).withCacheInfo(),
    tags: ["User:by:email", "Review:field:userId=1", "Order:field:userId=1", "OrderLine:field:orderId=1"],
    wide: ["Review:any", "Order:any", "OrderLine:any"],
    unrelated: {
      "another's order": (client) => client.order.update({ where: { id: 2n }, data: { note: "x" } }),
      "a new order of another": (client) =>
        client.order.create({
          data: {
            id: 9n,
            number: "n9",
            userId: 2,
            lines: { create: { position: 1, productId: 1, quantity: 1, price: 1 } },
          },
        }),
      "another order's lines": (client) =>
        client.orderLine.update({ where: { line: { orderId: 2n, position: 1 } }, data: { quantity: 9 } }),
    },
    related: {
      "an order of it": (client) => client.order.update({ where: { id: 1n }, data: { note: "x" } }),
      "a new order": (client) => client.order.create({ data: { id: 9n, number: "n9", userId: 1 } }),
      "an order that moves in": (client) => client.order.update({ where: { id: 2n }, data: { userId: 1 } }),
      "an order that moves away": (client) =>
        client.order.update({ where: { id: 1n }, data: { user: { connect: { id: 2 } } } }),
      "a deleted order": (client) => client.order.delete({ where: { id: 1n } }),
      "a line of its order": (client) =>
        client.orderLine.update({ where: { line: { orderId: 1n, position: 2 } }, data: { quantity: 9 } }),
      "a deleted line": (client) => client.orderLine.delete({ where: { line: { orderId: 1n, position: 1 } } }),
      "a line that moves in": (client) =>
        client.orderLine.update({ where: { line: { orderId: 2n, position: 1 } }, data: { orderId: 1n, position: 7 } }),
    },
  },
  "three levels": {
    read: (client) => client.order.findUnique(deep),
    informed: (client) => client.order.findUnique(deep).withCacheInfo(),
    // Lines 1 and 2 are of products 2 and 3, in the categories 3 and 4.
    tags: ["OrderLine:field:orderId=1", "Product:row:2", "Product:row:3", "Category:row:3", "Category:row:4"],
    wide: ["OrderLine:any", "Product:any", "Category:any"],
    unrelated: {
      "another product": (client) => client.product.update({ where: { id: 1 }, data: { name: "x" } }),
      "another category": (client) => client.category.update({ where: { id: 2 }, data: { name: "x" } }),
      "a new category": (client) => client.category.create({ data: { id: 9, slug: "new", name: "New" } }),
    },
    related: {
      "a category": (client) => client.category.update({ where: { id: 4 }, data: { name: "x" } }),
      "a product": (client) => client.product.update({ where: { sku: "sku2" }, data: { name: "x" } }),
      "a product's category": (client) => client.product.update({ where: { id: 2 }, data: { categoryId: 1 } }),
      "no category any more": (client) => client.category.update({ where: { id: 3 }, data: { products: { set: [] } } }),
      "a deleted category": (client) => client.category.delete({ where: { id: 3 } }),
      "a line's product": (client) =>
        client.orderLine.update({ where: { line: { orderId: 1n, position: 1 } }, data: { productId: 1 } }),
    },
  },
  "rows of the same model": {
    read: (client) => client.category.findUnique(tree),
    informed: (client) => client.category.findUnique(tree).withCacheInfo(),
    tags: ["Category:unique:slug=c4", "Category:row:1", "Category:row:2", "Category:field:parentId=4"],
    wide: ["Category:any"],
    unrelated: {
      "another category": (client) => client.category.update({ where: { id: 3 }, data: { name: "x" } }),
      "a category elsewhere": (client) =>
        client.category.create({ data: { id: 9, slug: "new", name: "New", parentId: 2 } }),
    },
    related: {
      itself: (client) => client.category.update({ where: { id: 4 }, data: { name: "x" } }),
      "its parent": (client) => client.category.update({ where: { id: 1 }, data: { name: "x" } }),
      "its successor": (client) => client.category.update({ where: { slug: "c2" }, data: { name: "x" } }),
      "another parent": (client) => client.category.update({ where: { id: 4 }, data: { parentId: 2 } }),
      "a child": (client) => client.category.create({ data: { id: 9, slug: "new", name: "New", parentId: 4 } }),
      "a child that moves in": (client) => client.category.update({ where: { id: 3 }, data: { parentId: 4 } }),
      "a child that is connected": (client) =>
        client.category.update({ where: { id: 4 }, data: { children: { connect: { id: 3 } } } }),
      "a deleted successor": (client) => client.category.delete({ where: { id: 2 } }),
    },
  },
};

// That MySQL takes more texts for equal is a matter of how tags are spelled, which other tests are about.
const EXACT = providers().filter((provider) => provider !== "mysql");

describe.each(EXACT)("on %s", (provider) => {
  describe.each(Object.entries(CASES))("%s", (_, { read, informed, tags, wide, unrelated, related }) => {
    test("is what the database says, on a miss and on a hit, here and elsewhere, and its tags name the rows", async () => {
      const { plain, cached, stored, database, namespace } = await shop(provider);
      const expected = await read(plain);
      expect(sameByType(await stored(() => read(cached as never)), expected)).toBeNull();
      const other = await createClient(provider, { database });
      onTestFinished(() => other.close());
      for (const client of [cached, cachedClient(other.prisma, namespace).cached]) {
        const { data, info } = await informed(client);
        expect(sameByType(data, expected)).toBeNull();
        expect(info.status).toBe("hit");
        expect(info.tags).toEqual(expect.arrayContaining([...tags]));
        for (const tag of wide) expect(info.tags).not.toContain(tag);
      }
    });

    test("stays when unrelated rows change", async () => {
      const { plain, cached, stored } = await shop(provider);
      await stored(() => read(cached as never));
      for (const [name, write] of Object.entries(unrelated)) {
        await write(cached);
        const { data, info } = await informed(cached);
        expect(info.status, name).toBe("hit");
        expect(sameByType(data, await read(plain)), name).toBeNull();
      }
    });

    test.each(Object.entries(related))("goes with %s", async (name, write) => {
      const { plain, cached, stored } = await shop(provider);
      const before = await stored(() => read(cached as never));
      await write(cached);
      const { data, info } = await informed(cached);
      expect(info.status).toBe("miss");
      expect(sameByType(data, await read(plain)), name).toBeNull();
      expect(sameByType(data, before)).not.toBeNull();
    });
  });

  test("rows without relations are what the database says", async () => {
    const { plain, cached, stored } = await shop(provider);
    await plain.product.create({ data: { id: 9, sku: "sku9", name: "Lone", price: 1 } });
    const reads: ((client: ShopClient) => PromiseLike<unknown>)[] = [
      (client) =>
        client.product.findUnique({
          where: { sku: "sku9" },
          select: { category: { include: { parent: true } }, lines: true },
        }),
      (client) => client.user.findUnique({ where: { email: "nobody" }, select: { reviews: true } }),
      (client) => client.user.findMany({ where: { name: "nobody" }, select: { profile: true, _count: true } }),
      (client) =>
        client.supplier.findMany({
          select: { country: { select: { name: true } }, _count: { select: { products: true } } },
        }),
      (client) =>
        client.session.findMany({
          omit: { userEmail: true },
          include: { user: { select: { sessions: { select: { token: true } } } } },
        }),
      (client) => client.refund.findMany({ select: { line: { select: { refunds: { select: { amount: true } } } } } }),
    ];
    for (const read of reads) {
      const expected = await read(plain);
      expect(sameByType(await stored(() => read(cached as never)), expected), read.toString()).toBeNull();
      expect(sameByType(await read(cached as never), expected), read.toString()).toBeNull();
    }
  });
});
