import { randomUUID } from "node:crypto";
import { cacheExtension, type CacheEvent, type CacheOptions } from "@evercache/prisma";
import { createGate, wrapStore, type StoreHooks } from "@evercache/testing";
import { createRedisStore } from "@evercache/redis";
import { describe, expect, onTestFinished, test } from "vitest";
import { providers, redisUrl, testClient, type Provider, type TestClient } from "../setup/client.js";
import { Prisma } from "../setup/generated/postgresql/client.js";
import { sameByType } from "./same-by-type.js";
import { seedShop } from "./shop-queries.js";

type Models = CacheOptions<Prisma.ModelName>["models"];
type Options = Pick<CacheOptions, "defaults" | "encryption" | "consistency" | "awaitRelease" | "rememberRows" | "scope"> & {
  readonly models?: Models;
};

const REFILL: Options = { defaults: { onWrite: "refill" } };
const PATIENT = { deadline: "10s", writeDeadline: "10s" } as const;

async function shop(provider: Provider = "postgresql") {
  const client = await testClient(provider);
  await seedShop(client.prisma);
  const namespace = `refill-${randomUUID()}`;
  return {
    ...client,
    plain: client.prisma,
    start: (options: Options = REFILL, hooks: StoreHooks = {}) => start(client, namespace, options, hooks),
  };
}

/** A process of its own. */
function start({ prisma }: TestClient, namespace: string, options: Options, hooks: StoreHooks) {
  const store = wrapStore(createRedisStore({ redis: redisUrl(), namespace }), hooks);
  const cached = prisma.$extends(cacheExtension({ store, namespace, ...PATIENT, ...options }));
  const events: CacheEvent[] = [];
  cached.$cache.on("event", (event) => events.push(event));
  onTestFinished(() => cached.$cache.disconnect());
  return { cached, events };
}

interface Informed<T> {
  withCacheInfo(): Promise<{ readonly data: T; readonly info: { readonly status: string } }>;
}

/** The result, which must come from the cache. */
async function hit<T>(read: Informed<T>): Promise<T> {
  const { data, info } = await read.withCacheInfo();
  expect(info.status).toBe("hit");
  return data;
}

async function statusOf(read: Informed<unknown>): Promise<string> {
  return (await read.withCacheInfo()).info.status;
}

/** A row with values that are easily spoiled on their way. */
const odd = (sku: string, provider: Provider) => ({
  sku,
  name: "Ω\u0000".slice(0, 1) + " 'quoted' \\ 🫖",
  description: null,
  price: new Prisma.Decimal("12345678901234.123456789"),
  weight: 0.1 + 0.2,
  stock: -2_147_483_648,
  attributes: { nested: [1, null, { "": "x" }], long: "é".repeat(300), big: 1e21 },
  image: new Uint8Array([0, 255, 128, 10]),
  createdAt: new Date("2001-02-03T04:05:06.789Z"),
  ...(provider === "postgresql" ? { labels: ["a", "", "ü,{}"] } : {}),
});

describe.each(providers())("on %s", (provider) => {
  test("the next read anywhere has the row that a create, an update or an upsert left, and asks no database", async () => {
    const { plain, start: process, counting } = await shop(provider);
    const [a, b] = [process().cached, process().cached];
    await b.product.findUnique({ where: { id: 1 } });

    const checks = [
      async () => (await a.product.update({ where: { id: 1 }, data: { name: "updated" } })).id,
      async () => (await a.product.update({ where: { id: 1 }, data: { stock: { increment: 3 }, weight: null } })).id,
      async () => (await a.product.create({ data: odd("odd-1", provider) })).id,
      async () => (await a.product.create({ data: { sku: "plain-1", name: "p", price: 1.5, id: 77_777 } })).id,
      async () => (await a.product.upsert({ where: { id: 1 }, create: odd("none", provider), update: { price: 3 } })).id,
      async () => (await a.product.upsert({ where: { id: 88_888 }, create: { ...odd("odd-2", provider), id: 88_888 }, update: {} })).id,
      async () => (await a.product.update({ where: { id: 2 }, data: odd("odd-3", provider) })).id,
      async () => (await a.product.update({ where: { id: 2 }, data: {} })).id,
    ];
    for (const write of checks) {
      const id = await write();
      const read = { where: { id } };
      const { result, queries } = await counting(() => hit(b.product.findUnique(read)));
      expect(queries).toBe(0);
      const truth = await plain.product.findUnique(read);
      expect(sameByType(result, truth)).toBeNull();
      expect(sameByType(await a.product.findUnique(read), truth)).toBeNull();
    }
  });

  test("what a write returns is what a read finds, in every model of the shop", async () => {
    const { plain, start: process } = await shop(provider);
    const [a, b] = [process().cached, process().cached];
    const user = await a.user.create({ data: { email: "new@shop.test", name: "N", role: "STAFF", balance: "0.10" } });
    const warehouse = await a.warehouse.create({ data: { code: "W", city: "X" } });
    const address = await a.address.create({ data: { userId: user.id, label: "l", street: "s", city: "c", countryCode: "DE" } });
    const profile = await a.profile.create({
      data: { userId: user.id, avatar: new Uint8Array(0), settings: Prisma.JsonNull },
    });
    const session = await a.session.create({
      data: { token: "t", userEmail: user.email, data: [1], expiresAt: new Date(0) },
    });
    const order = await a.order.create({
      data: { id: 2n ** 60n, number: "n", userId: user.id, addressId: address.id, total: "99.990" },
    });
    const line = await a.orderLine.create({
      data: { orderId: order.id, position: 1, productId: 1, quantity: 2, price: new Prisma.Decimal("1e-9") },
    });
    const review = await a.review.create({ data: { userId: user.id, productId: 1, rating: 5 } });
    const log = await a.auditLog.create({ data: { action: "x", detail: "text" } });
    const stock = await a.stock.create({ data: { warehouseId: warehouse.id, productId: 1 } });
    const reads = (client: typeof a | typeof plain) =>
      [
        client.user.findUnique({ where: { id: user.id } }),
        client.warehouse.findUnique({ where: { id: warehouse.id } }),
        client.address.findUnique({ where: { id: address.id } }),
        client.profile.findUnique({ where: { id: profile.id } }),
        client.session.findUnique({ where: { token: session.token } }),
        client.order.findUnique({ where: { id: order.id } }),
        client.orderLine.findUnique({ where: { line: { orderId: line.orderId, position: 1 } } }),
        client.review.findUnique({ where: { id: review.id } }),
        client.auditLog.findUnique({ where: { id: log.id } }),
        client.stock.findUnique({ where: { warehouseId_productId: { warehouseId: warehouse.id, productId: 1 } } }),
      ] as unknown as Informed<unknown>[];
    const truths = await Promise.all(reads(plain) as unknown as Promise<unknown>[]);
    for (const [i, read] of reads(b).entries()) {
      expect(truths[i]).not.toBeNull();
      expect(sameByType(await hit(read), truths[i])).toBeNull();
    }
  });
});
