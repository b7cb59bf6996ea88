import { Redis } from "ioredis";
import { describe, expect, onTestFinished, test } from "vitest";
import { startRedis } from "../setup/redis.js";
import { byScan } from "./naive/invalidation.js";
import { naive } from "./naive/naive-cache.js";
import { hookedDatabase } from "./support/database.js";
import { evercache } from "./support/evercache.js";
import { ownNamespace, type MakeSubject } from "./support/subject.js";

const FOREIGN_KEYS = 20_000;
const OWN_ENTRIES = 200;
const WRITES = 10;

/** What asks for no key: it comes with time, not with writes. */
const NOT_COUNTED = new Set(["info", "ping", "config|resetstat", "config", "client", "hello", "auth", "select"]);

/** Commands that Redis ran for the same writes: with nothing else in it, full of others' keys, full of its own entries. */
async function commandsOfWrites(make: MakeSubject) {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const admin = new Redis(redis.url);
  onTestFinished(() => admin.disconnect());
  const { plain } = await hookedDatabase();
  const { prisma, settled } = make(plain, { redisUrl: redis.url, namespace: ownNamespace() });

  const write = async () => {
    await prisma.user.update({ where: { id: 1 }, data: { name: "new" } });
    await prisma.product.updateMany({ where: { stock: { gt: 3 } }, data: { stock: { increment: 1 } } });
    await prisma.$transaction((tx) => tx.tag.update({ where: { id: 1 }, data: { products: { connect: { id: 2 } } } }));
    await settled();
  };
  const measure = async () => {
    await admin.config("RESETSTAT");
    for (let i = 0; i < WRITES; i++) await write();
    return commandCounts(await admin.info("commandstats"));
  };

  // Scripts are loaded.
  await write();
  const alone = await measure();
  const pipeline = admin.pipeline();
  for (let i = 0; i < FOREIGN_KEYS; i++) pipeline.set(`foreign:${i}`, "x");
  await pipeline.exec();
  const amongForeign = await measure();
  for (let id = 100; id < 100 + OWN_ENTRIES; id++) await prisma.user.findUnique({ where: { id } });
  await settled();
  const amongOwn = await measure();
  return { alone, amongForeign, amongOwn };
}

function commandCounts(info: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [, command = "", calls] of info.matchAll(/^cmdstat_(\S+?):calls=(\d+)/gm)) {
    if (!NOT_COUNTED.has(command)) counts[command] = Number(calls);
  }
  return counts;
}

describe("what a write costs in Redis", () => {
  test("does not depend on what else is there", async () => {
    const { alone, amongForeign, amongOwn } = await commandsOfWrites(evercache());
    expect(amongForeign).toEqual(alone);
    // Of a token that a lock replaces the lifetime is asked: once, however many entries carry it.
    expect({ ...amongOwn, pttl: 0 }).toEqual({ ...alone, pttl: 0 });
    expect(alone["evalsha"]).toBeGreaterThanOrEqual(WRITES);
    expect(Object.keys(alone).filter((command) => /keys|scan|smembers|sort|flush/.test(command))).toEqual([]);
  });

  test("grows with others' keys where a naive cache looks for its own", async () => {
    const { alone, amongForeign } = await commandsOfWrites(naive({ invalidation: byScan }));
    expect(amongForeign["scan"]).toBeGreaterThan(20 * (alone["scan"] ?? 0));
  });
});
