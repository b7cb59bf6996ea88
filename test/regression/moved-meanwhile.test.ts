import { createGate } from "@evercache/testing";
import { expect, onTestFinished, test } from "vitest";
import { cacheExtension } from "@evercache/prisma";
import { seedShop } from "../integration/shop-queries.js";
import { providers, redisUrl, testClient, type Provider } from "../setup/client.js";

/** Statements that wait for somebody's row lock. */
const WAITING: Partial<Record<Provider, string>> = {
  postgresql:
    "SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
  mysql: "SELECT count(*) AS n FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'",
};

/**
 * Prisma reads the row before it deletes it: on MySQL always, elsewhere where the result shows relations. What it has read may
 * be old by then.
 */
test.each(providers().filter((provider) => provider in WAITING))(
  "on %s, a row that moves while it is deleted is gone from where it has moved to",
  async (provider) => {
    const { prisma: plain } = await testClient(provider);
    await seedShop(plain);
    const namespace = `delete-${process.pid}-${provider}`;
    const cached = plain.$extends(
      cacheExtension({ redis: redisUrl(), namespace, deadline: "10s", writeDeadline: "10s" }),
    );
    onTestFinished(() => cached.$cache.disconnect());
    const [{ id, productId } = { id: 0, productId: 0 }] = await plain.review.findMany({
      take: 1,
      orderBy: { id: "asc" },
    });
    const other = await plain.product.findFirstOrThrow({ where: { id: { not: productId }, reviews: { none: {} } } });
    const list = () => cached.review.findMany({ where: { productId: other.id } });

    const [moved, deleted] = [createGate(), createGate()];
    const move = cached.$transaction(async (tx) => {
      await tx.review.update({ where: { id }, data: { productId: other.id } });
      await moved.pass();
    });
    await moved.arrived;
    const deletion = cached.$transaction(async (tx) => {
      await tx.review.delete({ where: { id }, include: { product: true } });
      await deleted.pass();
    });
    // It has read the row, and waits for the other transaction to end. MariaDB looks again only after a tenth of a second.
    const waiting = async () => Number((await plain.$queryRawUnsafe<{ n: number }[]>(WAITING[provider]!))[0]?.n);
    await expect.poll(waiting, { interval: 250, timeout: 10_000 }).toBe(1);
    moved.open();
    await move;
    await deleted.arrived;
    await expect.poll(async () => (await list().withCacheInfo()).info.status).toBe("hit");
    expect(await list()).toHaveLength(1);
    deleted.open();
    await deletion;
    expect(await list()).toEqual([]);
  },
);

test.each(providers().filter((provider) => provider in WAITING))(
  "on %s, a row that moves while a nested write changes it is shown as it is where it has moved to",
  async (provider) => {
    const { prisma: plain } = await testClient(provider);
    await seedShop(plain);
    const namespace = `nested-${process.pid}-${provider}`;
    const cached = plain.$extends(
      cacheExtension({ redis: redisUrl(), namespace, deadline: "10s", writeDeadline: "10s" }),
    );
    onTestFinished(() => cached.$cache.disconnect());
    const [{ id, productId } = { id: 0, productId: 0 }] = await plain.review.findMany({
      take: 1,
      orderBy: { id: "asc" },
    });
    const other = await plain.product.findFirstOrThrow({ where: { id: { not: productId }, reviews: { none: {} } } });
    const list = () => cached.review.findMany({ where: { productId: other.id } });

    const [moved, seen] = [createGate(), createGate()];
    const move = cached.$transaction(async (tx) => {
      await tx.review.update({ where: { id }, data: { productId: other.id } });
      await moved.pass();
    });
    await moved.arrived;
    const change = cached.$transaction(async (tx) => {
      const reviews = { update: { where: { id }, data: { rating: 77 } } };
      await tx.product.update({ where: { id: productId }, data: { reviews } });
      await seen.pass();
    });
    const waiting = async () => Number((await plain.$queryRawUnsafe<{ n: number }[]>(WAITING[provider]!))[0]?.n);
    await expect.poll(waiting, { interval: 250, timeout: 10_000 }).toBe(1);
    moved.open();
    await move;
    await seen.arrived;
    await expect.poll(async () => (await list().withCacheInfo()).info.status).toBe("hit");
    seen.open();
    await change;
    expect(await list()).toEqual(await plain.review.findMany({ where: { productId: other.id } }));
    expect(await list()).toMatchObject([{ id, rating: 77 }]);
  },
);
