import { cacheExtension, type CacheOptions } from "@evercache/prisma";
import { createGate } from "@evercache/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { providers, redisUrl, testShop, type Provider } from "../setup/client.js";

let namespaces = 0;
const isRemembering = (provider: Provider) => provider !== "mysql";

async function shop(provider: Provider, options: Pick<CacheOptions, "rememberRows"> = {}) {
  const { prisma: plain, statements } = await testShop(provider);
  const namespace = `remembered-${process.pid}-${namespaces++}`;
  const cached = plain.$extends(
    cacheExtension({ redis: redisUrl(), namespace, deadline: "10s", writeDeadline: "10s", ...options }),
  );
  onTestFinished(() => cached.$cache.disconnect());
  const sent = async (write: () => PromiseLike<unknown>): Promise<string[]> => {
    const before = statements().length;
    await write();
    return statements().slice(before);
  };
  const updates = async (write: () => PromiseLike<unknown>) =>
    (await sent(write)).filter((sql) => /^\s*UPDATE/i.test(sql));
  return { plain, cached, sent, updates };
}

const WHERE_SKU = /WHERE(?:(?!RETURNING).)*sku/is;

describe.each(providers())("on %s", (provider) => {
  test("a row that was seen is written by one statement, which names its values and keeps no reader away", async () => {
    const { cached, updates } = await shop(provider);
    await cached.product.findUnique({ where: { id: 2 } });
    const locked: string[] = [];
    cached.$cache.on("event", (event) => {
      if (event.type === "quarantine") locked.push(...event.tags);
    });
    const sent = await updates(() => cached.product.update({ where: { id: 2 }, data: { name: "New" } }));
    expect(sent).toHaveLength(1);
    expect(WHERE_SKU.test(sent[0]!)).toBe(isRemembering(provider));
    expect(locked.some((tag) => tag.startsWith("Product:by:"))).toBe(!isRemembering(provider));
  });

  test("values that another has changed meanwhile are found out: one more statement, and lists are right", async () => {
    const { plain, cached, updates } = await shop(provider);
    const list = (categoryId: number) => cached.product.count({ where: { categoryId } });
    await cached.product.findUnique({ where: { id: 2 } });
    await plain.product.update({ where: { id: 2 }, data: { categoryId: 1 } });
    const before = await Promise.all([1, 2, 3].map(list));
    const move = () => cached.product.update({ where: { id: 2 }, data: { categoryId: 2, views: { increment: 1 } } });
    expect(await updates(move)).toHaveLength(isRemembering(provider) ? 2 : 1);
    expect(await Promise.all([1, 2, 3].map(list))).toEqual([before[0]! - 1, before[1]! + 1, before[2]]);
    expect((await plain.product.findUnique({ where: { id: 2 } }))?.views).toBe(1);
  });

  test("what a transaction wrote before it was rolled back is not remembered", async () => {
    const { cached, updates } = await shop(provider);
    const rollback = cached.$transaction(async (tx) => {
      await tx.product.update({ where: { id: 2 }, data: { categoryId: 1 } });
      throw new Error("no");
    });
    await expect(rollback).rejects.toThrow("no");
    expect(await updates(() => cached.product.update({ where: { id: 2 }, data: { name: "New" } }))).toHaveLength(1);
  });

  test("another error than not found is the caller's, after one attempt", async () => {
    const { cached } = await shop(provider);
    await cached.product.findUnique({ where: { id: 2 } });
    let attempts = 0;
    cached.$cache.on("event", ({ type }) => (attempts += type === "quarantine" ? 1 : 0));
    const clash = cached.product.update({ where: { id: 2 }, data: { sku: "sku1" } });
    await expect(clash).rejects.toMatchObject({ code: "P2002" });
    expect(attempts).toBe(1);
  });

  test("a delete that also reads, by a statement before, does not depend on what was seen", async () => {
    const { cached, sent } = await shop(provider);
    await cached.review.findUnique({ where: { id: 1 } });
    const deleting = await sent(() => cached.review.delete({ where: { id: 1 }, include: { product: true } }));
    expect(deleting.some((sql) => /^\s*DELETE/i.test(sql))).toBe(true);
    for (const sql of deleting) expect(sql).not.toMatch(/WHERE.*userId/is);
  });

  test("a wrong argument is shown among the caller's own", async () => {
    const { cached } = await shop(provider);
    await cached.product.findUnique({ where: { id: 2 } });
    const wrong = cached.product.update({ where: { id: 2 }, data: { name: 5 as never } });
    await expect(wrong).rejects.toThrow("Invalid value provided");
    await expect(wrong).rejects.not.toThrow("sku2");
  });

  test("none is remembered where there is room for none", async () => {
    const { cached, updates } = await shop(provider, { rememberRows: 0 });
    await cached.product.findUnique({ where: { id: 2 } });
    const [sent] = await updates(() => cached.product.update({ where: { id: 2 }, data: { name: "New" } }));
    expect(sent).not.toMatch(WHERE_SKU);
  });
});

test("a row that another transaction is moving is waited for, looked at again, and written as it is then", async () => {
  const { plain, cached, updates } = await shop("postgresql");
  await cached.product.findUnique({ where: { id: 2 } });
  const gate = createGate();
  const mover = plain.$transaction(async (tx) => {
    await tx.product.update({ where: { id: 2 }, data: { categoryId: 1 } });
    await gate.pass();
  });
  await gate.arrived;
  const sent = updates(() => cached.product.update({ where: { id: 2 }, data: { views: { increment: 1 } } }));
  const waiting = () =>
    plain.$queryRaw<{ n: number }[]>`SELECT count(*)::int AS n FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  await expect.poll(async () => (await waiting())[0]?.n).toBe(1);
  gate.open();
  await mover;
  // The mover's statement was sent before; ours, which found nothing, and the one as it was given.
  expect(await sent).toHaveLength(2);
  expect(await plain.product.findUnique({ where: { id: 2 } })).toMatchObject({ categoryId: 1, views: 1 });
});
