import { describe, expect, it } from "vitest";
import { createClient, createDatabase, providers, redisUrl, testClient } from "./client.js";
import { Prisma } from "./generated/postgresql/client.js";
import { Redis } from "ioredis";

describe.each(providers())("a client on %s", (provider) => {
  it("keeps every type of column exactly", async () => {
    const { prisma } = await testClient(provider);
    const at = new Date("2024-02-29T12:34:56.789Z");
    const country = { code: "NL", name: "Nederland" };
    const user = await prisma.user.create({
      data: { email: "a@example.org", name: "Ä ✓", role: "ADMIN", balance: "12345678901234567890.125", createdAt: at },
    });
    expect(user).toMatchObject({ id: 1, handle: null, role: "ADMIN", active: true, createdAt: at });
    expect(Prisma.Decimal.isDecimal(user.balance)).toBe(true);
    if (provider !== "sqlite") expect(user.balance.toFixed()).toBe("12345678901234567890.125");

    const settings = { deep: [1, null, { a: "b" }] };
    const avatar = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const profile = await prisma.profile.create({ data: { userId: user.id, avatar, settings } });
    expect(profile.settings).toEqual(settings);
    expect(profile.avatar).toBeInstanceOf(Uint8Array);
    expect([...(profile.avatar ?? [])]).toEqual([...avatar]);
    expect(profile.id).toMatch(/^[0-9a-f-]{36}$/);

    const address = await prisma.address.create({
      data: { label: "home", street: "s", city: "c", user: { connect: { id: 1 } }, country: { create: country } },
    });
    const order = await prisma.order.create({ data: { number: "1", userId: 1, addressId: address.id } });
    expect(order).toMatchObject({ id: 1n, status: "OPEN" });
    const warehouse = await prisma.warehouse.create({ data: { code: "w", city: "c" } });
    expect(warehouse.id.length).toBeGreaterThan(30);
    expect((await prisma.auditLog.create({ data: { action: "y" } })).id).toBe(1n);
    const log = await prisma.auditLog.create({ data: { id: 2n ** 60n, action: "x", detail: Prisma.JsonNull } });
    expect(await prisma.auditLog.findUnique({ where: { id: log.id } })).toMatchObject({ id: 2n ** 60n, detail: null });
  });

  it("has every kind of key and relation, and the database acts on deletes and updates", async () => {
    const { prisma } = await testClient(provider);
    await prisma.supplier.create({ data: { name: "house" } });
    await prisma.user.create({ data: { email: "a@example.org", name: "a" } });
    const supplier = await prisma.supplier.create({
      data: { name: "other", country: { create: { code: "NL", name: "Nederland" } } },
    });
    const [root, rest] = await Promise.all(
      ["root", "rest"].map((slug) => prisma.category.create({ data: { slug, name: slug } })),
    );
    const leaf = await prisma.category.create({
      data: { slug: "leaf", name: "leaf", parentId: root?.id ?? 0, successorId: rest?.id ?? 0 },
    });
    const product = await prisma.product.create({
      data: {
        sku: "p",
        name: "p",
        price: "9.99",
        weight: 0.25,
        attributes: { size: "L" },
        supplierId: supplier.id,
        categoryId: leaf.id,
        tags: { create: [{ name: "red" }, { name: "new" }] },
        stocks: { create: { quantity: 3, warehouse: { create: { code: "w", city: "c" } } } },
        reviews: { create: { userId: 1, rating: 5 } },
        ...(provider === "postgresql" ? { labels: ["a", "b"] } : {}),
      },
      include: { tags: { orderBy: { name: "asc" } }, stocks: true },
    });
    expect(product.tags.map((tag) => tag.name)).toEqual(["new", "red"]);
    if (provider === "postgresql") expect(product.labels).toEqual(["a", "b"]);
    const order = await prisma.order.create({
      data: {
        number: "1",
        userId: 1,
        lines: {
          create: { position: 1, productId: product.id, quantity: 1, price: 1, refunds: { create: { amount: 1 } } },
        },
      },
    });
    await prisma.session.create({ data: { token: "t", userEmail: "a@example.org", expiresAt: new Date() } });

    const line = { orderId: order.id, position: 1 };
    expect(await prisma.orderLine.findUnique({ where: { line } })).not.toBeNull();
    expect(await prisma.review.findUnique({ where: { opinion: { userId: 1, productId: product.id } } })).not.toBeNull();

    await prisma.country.update({ where: { code: "NL" }, data: { code: "XX" } });
    expect((await prisma.supplier.findUniqueOrThrow({ where: { id: supplier.id } })).countryCode).toBe("XX");
    await prisma.user.update({ where: { id: 1 }, data: { email: "b@example.org" } });
    expect(await prisma.session.count({ where: { userEmail: "b@example.org" } })).toBe(1);

    await prisma.category.delete({ where: { slug: "rest" } });
    expect(await prisma.category.findUniqueOrThrow({ where: { slug: "leaf" } })).toMatchObject({ successorId: null });
    await prisma.category.delete({ where: { slug: "root" } });
    expect(await prisma.category.count()).toBe(0);
    expect((await prisma.product.findUniqueOrThrow({ where: { sku: "p" } })).categoryId).toBeNull();

    await expect(prisma.user.delete({ where: { id: 1 } })).rejects.toThrow();
    await expect(prisma.product.delete({ where: { sku: "p" } })).rejects.toThrow();
    if (provider === "mysql") {
      await expect(prisma.supplier.delete({ where: { id: supplier.id } })).rejects.toThrow();
    } else {
      await prisma.supplier.delete({ where: { id: supplier.id } });
      expect((await prisma.product.findUniqueOrThrow({ where: { sku: "p" } })).supplierId).toBe(1);
    }
    await prisma.order.delete({ where: { id: order.id } });
    expect(await prisma.refund.count()).toBe(0);
    await prisma.product.delete({ where: { sku: "p" } });
    expect(await prisma.review.count()).toBe(0);
    expect(await prisma.stock.count()).toBe(0);
  });

  it("counts the statements, without those that control a transaction", async () => {
    const client = await testClient(provider);
    const one = await client.counting(() => client.prisma.user.findMany());
    expect(one).toEqual({ result: [], queries: 1 });
    const { queries } = await client.counting(() =>
      client.prisma.$transaction(async (tx) => {
        await tx.user.count();
        await tx.tag.count();
      }),
    );
    expect(queries).toBe(2);
    expect(client.queries()).toBe(3);
    expect(client.statements()).toHaveLength(3);
  });

  it("has a database of its own, or shares one", async () => {
    const database = await createDatabase(provider, { name: "shared" });
    const [first, second] = await Promise.all([
      createClient(provider, { database }),
      createClient(provider, { database }),
    ]);
    const other = await testClient(provider);
    await first.prisma.tag.create({ data: { name: "x" } });
    expect(await second.prisma.tag.count()).toBe(1);
    expect(await other.prisma.tag.count()).toBe(0);
    await Promise.all([first.close(), second.close()]);
    await database.drop();
  });
});

it("there is a Redis for all", async () => {
  const redis = new Redis(redisUrl());
  expect(await redis.ping()).toBe("PONG");
  await redis.quit();
});
