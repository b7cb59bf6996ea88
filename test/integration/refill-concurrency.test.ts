import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { cacheExtension } from "@evercache/prisma";
import { expect, onTestFinished, test } from "vitest";
import { redisUrl, testShop } from "../setup/client.js";

const READS = Number(process.env["REFILL_READS"] ?? 10_000);
const PROCESSES = 4;
const ROWS = [1, 2, 3];
/** Reads in flight in each process. */
const READERS = 8;

/** A column that each write counts up by one: the row's version. */
const VERSION = "stock";

test(
  `rows that their writes leave are never old: ${READS} reads, ${PROCESSES} writers of each row`,
  { timeout: 60_000 + READS * 5 },
  async () => {
    const { prisma } = await testShop("postgresql");
    const namespace = `refill-concurrency-${randomUUID()}`;
    const options = { redis: redisUrl(), namespace, deadline: "10s", writeDeadline: "10s" } as const;
    const processes = Array.from({ length: PROCESSES }, (_, i) => {
      const l1 = i === 3 ? ({ mode: "validated" } as const) : false;
      const cached = prisma.$extends(cacheExtension({ ...options, defaults: { onWrite: "refill", l1 } }));
      onTestFinished(() => cached.$cache.disconnect());
      return cached;
    });
    /** The latest version that somebody has been told of: whoever asks after that sees it, or a later one. */
    const told = new Map<number, number>();
    const tell = (id: number, version: number) => told.set(id, Math.max(told.get(id) ?? 0, version));
    const stale: string[] = [];
    let [reads, writes] = [0, 0];
    const isOver = () => reads >= READS || stale.length > 0;

    const write = async (client: (typeof processes)[number], id: number) => {
      while (!isOver()) {
        // Now and then all at once, and else apart, so that rows are left and are not.
        await delay(Math.random() < 0.3 ? 0 : Math.random() * 400);
        const data = { [VERSION]: { increment: 1 } };
        const row = await client.product.update({ where: { id }, data });
        tell(id, row[VERSION]);
        writes++;
      }
    };
    const read = async (client: (typeof processes)[number]) => {
      while (!isOver()) {
        const id = ROWS[Math.floor(Math.random() * ROWS.length)]!;
        const least = told.get(id) ?? 0;
        const row = await client.product.findUnique({ where: { id } });
        if (row![VERSION] < least) stale.push(`${row![VERSION]} of row ${id}, after ${least}`);
        tell(id, row![VERSION]);
        reads++;
      }
    };
    await Promise.all(
      processes.flatMap((client) => [
        ...ROWS.map((id) => write(client, id)),
        ...Array.from({ length: READERS }, () => read(client)),
      ]),
    );

    const stats = processes.map(({ $cache }) => $cache.stats());
    const sum = (of: (each: (typeof stats)[number]) => number) => stats.reduce((all, each) => all + of(each), 0);
    const [hits, misses] = [sum((each) => each.reads.hit), sum((each) => each.reads.miss)];
    console.log(`${reads} reads, ${hits} of them hits, ${misses} misses; ${writes} writes; ${stale.length} stale`);
    expect(stale).toEqual([]);
    // On a machine that is busy otherwise, there is a write for every few reads.
    expect(hits).toBeGreaterThan(reads / 100);
    expect(writes).toBeGreaterThan(20);
  },
);
