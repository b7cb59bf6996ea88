import { describe, expect, test } from "vitest";
import { providers } from "../setup/client.js";
import { Prisma } from "../setup/generated/postgresql/client.js";
import { sameByType } from "./same-by-type.js";
import { hit, odd, REFILL, shop, statusOf, type Informed, type Options } from "./refill-shop.js";

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
      async () =>
        (await a.product.upsert({ where: { id: 1 }, create: odd("none", provider), update: { price: 3 } })).id,
      async () =>
        (
          await a.product.upsert({
            where: { id: 88_888 },
            create: { ...odd("odd-2", provider), id: 88_888 },
            update: {},
          })
        ).id,
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

  test("a read of the row meanwhile waits for the write, if that is of its own process", async () => {
    const { start: process } = await shop(provider);
    const { cached } = process();
    const where = { id: 1 };
    let count = 0;
    const update = () => cached.product.update({ where, data: { name: `name ${++count}` } });
    await update();
    const status = async () => {
      const writing = update().then(({ name }) => name);
      const { data, info } = await cached.product.findUnique({ where }).withCacheInfo();
      // One that takes longer than 20 ms is not waited for.
      expect(info.status === "hit" ? [`name ${count}`] : [`name ${count - 1}`, `name ${count}`]).toContain(data!.name);
      await writing;
      return info.status;
    };
    await expect.poll(status, { timeout: 20_000, interval: 0 }).toBe("hit");
  });

  test("what a write returns is what a read finds, in every model of the shop", async () => {
    const { plain, start: process } = await shop(provider);
    const [a, b] = [process().cached, process().cached];
    const user = await a.user.create({ data: { email: "new@shop.test", name: "N", role: "STAFF", balance: "0.10" } });
    const warehouse = await a.warehouse.create({ data: { code: "W", city: "X" } });
    const address = await a.address.create({
      data: { userId: user.id, label: "l", street: "s", city: "c", countryCode: "DE" },
    });
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
    await a.stock.create({ data: { warehouseId: warehouse.id, productId: 1 } });
    const reads = (client: typeof plain) =>
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
    for (const [i, read] of reads(b as unknown as typeof plain).entries()) {
      expect(truths[i]).not.toBeNull();
      expect(sameByType(await hit(read), truths[i])).toBeNull();
    }
  });

  test("a write by another key leaves the row under that key, and under its primary key where that is known beforehand", async () => {
    const { start: process } = await shop(provider);
    const [a, b] = [process({ ...REFILL, rememberRows: 0 }).cached, process().cached];
    const { sku, id } = (await a.product.findFirst({ orderBy: { id: "asc" } }))!;
    await a.product.update({ where: { sku }, data: { name: "by sku" } });
    expect(await hit(b.product.findUnique({ where: { sku } }))).toMatchObject({ id, name: "by sku" });
    expect(await statusOf(b.product.findUnique({ where: { id } }))).toBe("miss");
    await a.review.upsert({
      where: { opinion: { userId: 1, productId: id } },
      create: { userId: 1, productId: id, rating: 1 },
      update: { rating: 4 },
    });
    expect(await statusOf(b.review.findUnique({ where: { opinion: { userId: 1, productId: id } } }))).toBe("hit");
  });

  test("a row that is not the one of the key by which it was looked for is not left under that key", async () => {
    const { start: process } = await shop(provider);
    const [a, b] = [process().cached, process().cached];
    await a.product.upsert({
      where: { sku: "asked" },
      create: { sku: "ASKED", name: "another", price: 1 },
      update: { sku: "moved" },
    });
    const other = await a.product.update({ where: { sku: "ASKED" }, data: { sku: "again" } });
    for (const sku of ["asked", "ASKED"]) expect(await b.product.findUnique({ where: { sku } })).toBeNull();
    expect(await b.product.findUnique({ where: { id: other.id } })).toMatchObject({ sku: "again" });
  });

  test("a key that moves, and takes rows along that may be the same one, leaves nothing behind", async () => {
    const { start: process } = await shop(provider);
    const [a, b] = [process().cached, process().cached];
    const { id } = await a.category.create({ data: { id: 500, slug: "self", name: "Self", parentId: null } });
    await a.category.update({ where: { id }, data: { parentId: id } });
    if (provider === "mysql") return; // refuses the circle
    await a.category.update({ where: { id }, data: { id: 501 } });
    expect(await b.category.findUnique({ where: { id } })).toBeNull();
    expect(await b.category.findUnique({ where: { id: 501 } })).toMatchObject({ parentId: 501 });
  });
});

describe("what is not left in the cache", () => {
  const READ = { where: { id: 1 } } as const;

  async function pair(options?: Options) {
    const { plain, start: process } = await shop();
    const [a, b] = [process(options), process(options)];
    return { plain, a: a.cached, events: a.events, see: () => statusOf(b.cached.product.findUnique(READ)), process };
  }

  test("by default, nothing", async () => {
    const { a, see } = await pair({});
    await a.product.update({ ...READ, data: { stock: 1 } });
    expect(await see()).toBe("miss");
  });

  test("the models that say so, and those that are not cached", async () => {
    const { a, see, events } = await pair({
      defaults: { onWrite: "refill" },
      models: { Product: { onWrite: "drop" }, User: false, Review: { when: ({ args }) => !("where" in args) } },
    });
    await a.product.update({ ...READ, data: { stock: 1 } });
    await a.user.update({ ...READ, data: { name: "x" } });
    await a.review.update({ ...READ, data: { rating: 1 } });
    expect(events.filter(({ type }) => type === "fill")).toEqual([]);
    expect(await see()).toBe("miss");
  });

  test("what a selection shows, and what nested writes may have changed", async () => {
    const { a, see } = await pair();
    const writes = [
      () => a.product.update({ ...READ, data: { stock: 1 }, select: { id: true, name: true } }),
      () => a.product.update({ ...READ, data: { stock: 2 }, include: { tags: true } }),
      () => a.product.update({ ...READ, data: { stock: 3 }, omit: { image: true } }),
      () => a.product.update({ ...READ, data: { stock: 4, tags: { create: { id: 900, name: "t" } } } }),
      () => a.product.update({ ...READ, data: { stock: 5, category: { connect: { id: 1 } } } }),
      () => a.product.update({ ...READ, data: { stock: 6 } }).category(),
      () => a.product.updateMany({ ...READ, data: { stock: 7 } }),
      () => a.product.updateManyAndReturn({ ...READ, data: { stock: 8 } }),
      () => a.$executeRaw`UPDATE "Product" SET stock = 9 WHERE id = 1`,
    ];
    for (const write of writes) {
      await write();
      expect(await see()).toBe("miss");
    }
  });

  test("what a transaction wrote", async () => {
    const { a, see } = await pair();
    await a.$transaction(async (tx) => void (await tx.product.update({ ...READ, data: { stock: 1 } })));
    expect(await see()).toBe("miss");
    await a.$transaction([a.product.update({ ...READ, data: { stock: 2 } })]);
    expect(await see()).toBe("miss");
  });

  test("columns that are excluded", async () => {
    const { a, see } = await pair({ models: { Product: { onWrite: "refill", exclude: ["description"] } } });
    await a.product.update({ ...READ, data: { stock: 1 } });
    expect(await see()).toBe("bypass");
  });

  test("a row that triggers are said to change", async () => {
    const { a, see } = await pair({ models: { Product: { onWrite: "refill", alsoWrites: ["Product"] } } });
    await a.product.update({ ...READ, data: { stock: 1 } });
    expect(await see()).toBe("miss");
  });

  test("a row behind an extension that may have rewritten it", async () => {
    const { plain, process } = await pair();
    const { cached } = process();
    const rewriting = { query: { product: { update: async () => ({ id: 1, name: "invented" }) } } };
    const rewritten = plain.$extends.call(cached, rewriting as never) as unknown as typeof plain;
    await rewritten.product.update({ ...READ, data: { stock: 1 } });
    expect(await cached.product.findUnique(READ)).toMatchObject({ stock: expect.any(Number) as number });
  });
});
