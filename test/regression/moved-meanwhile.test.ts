import { createGate } from "@evercache/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { cacheExtension } from "@evercache/prisma";
import { providers, redisUrl, testShop, type Provider } from "../setup/client.js";

/** Statements that wait for somebody's row lock. */
const WAITING: Partial<Record<Provider, string>> = {
  postgresql: `SELECT count(*)::int AS n FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  mysql: "SELECT count(*) AS n FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'",
};

/** A review that a transaction, not committed yet, has moved to another product, which had none. */
async function movingReview(provider: Provider) {
  const { prisma: plain } = await testShop(provider);
  const namespace = `moved-${process.pid}-${Math.random()}`;
  const cached = plain.$extends(
    cacheExtension({ redis: redisUrl(), namespace, deadline: "10s", writeDeadline: "10s" }),
  );
  onTestFinished(() => cached.$cache.disconnect());
  const { id, productId } = await plain.review.findFirstOrThrow({ orderBy: { id: "asc" } });
  const there = { productId: (await plain.product.findFirstOrThrow({ where: { reviews: { none: {} } } })).id };
  const gate = createGate();
  const moving = cached.$transaction(async (tx) => {
    await tx.review.update({ where: { id }, data: there });
    await gate.pass();
  });
  await gate.arrived;
  return {
    cached,
    id,
    productId,
    list: () => cached.review.findMany({ where: there }),
    truth: () => plain.review.findMany({ where: there }),
    /** Commits, once somebody waits for it. MariaDB looks again only after a tenth of a second. */
    moved: async (): Promise<void> => {
      const waiting = async () => Number((await plain.$queryRawUnsafe<{ n: number }[]>(WAITING[provider]!))[0]?.n);
      await expect.poll(waiting, { interval: 250, timeout: 10_000 }).toBe(1);
      gate.open();
      await moving;
    },
  };
}

/** Prisma asks for the row, and then changes it by its primary key: what it was told may be old by then. */
describe.each(providers().filter((provider) => provider in WAITING))(
  "on %s, a row that moves meanwhile",
  (provider) => {
    test("is gone from where it has moved to when it was deleted", async () => {
      const { cached, id, list, moved } = await movingReview(provider);
      const gate = createGate();
      const deletion = cached.$transaction(async (tx) => {
        await tx.review.delete({ where: { id }, include: { product: true } });
        await gate.pass();
      });
      await moved();
      await gate.arrived;
      await expect.poll(async () => (await list().withCacheInfo()).info.status).toBe("hit");
      expect(await list()).toHaveLength(1);
      gate.open();
      await deletion;
      expect(await list()).toEqual([]);
    });

    test("is shown where it has moved to as a nested write left it", async () => {
      const { cached, id, productId, list, truth, moved } = await movingReview(provider);
      const gate = createGate();
      const change = cached.$transaction(async (tx) => {
        const reviews = { update: { where: { id }, data: { rating: 77 } } };
        await tx.product.update({ where: { id: productId }, data: { reviews } });
        await gate.pass();
      });
      await moved();
      await gate.arrived;
      await expect.poll(async () => (await list().withCacheInfo()).info.status).toBe("hit");
      gate.open();
      await change;
      expect(await list()).toEqual(await truth());
      expect(await list()).toMatchObject([{ id, rating: 77 }]);
    });
  },
);
