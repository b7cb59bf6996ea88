import type { Redis } from "ioredis";
import { inProcess } from "../process.js";
import { keysScenario } from "../scenario-names.js";
import type { SubjectName } from "../subjects/names.js";
import { interleaved, type RunCase } from "./case.js";

const MEASURED: readonly SubjectName[] = [
  "prisma",
  "prisma-extension-redis",
  "lock and release",
  "lock first",
  "lock meanwhile",
  "lock exactly",
  "lock beside",
  "L2",
  "L1 tracked",
];
const ROWS = 1000;
const BATCH = 5000;

/** What a write costs, with Redis empty and full of keys that have nothing to do with it. */
export const writes: RunCase = async ({ redis, redisUrl, createShop, scale, among, record, progress }) => {
  const { foreignKeys, ...limits } = scale.writes;
  const databaseUrl = await createShop("writes", { products: ROWS, categories: 50 });
  // Of each round all numbers of keys, so that they can be compared with each other too.
  await interleaved(scale.rounds, foreignKeys, async (keys, round) => {
    await redis.flushall();
    await addForeignKeys(redis, keys);
    for (const subject of among(MEASURED)) {
      const result = await inProcess("writes", { subject, rows: ROWS, ...limits, databaseUrl, redisUrl });
      record({ case: "writes", scenario: keysScenario(keys), subject, inFlight: 1 }, { ...result });
      progress(`writes, round ${round}, ${keysScenario(keys)}, ${subject}: p50 ${result.p50.toFixed(2)} ms`);
    }
  });
};

async function addForeignKeys(redis: Redis, count: number): Promise<void> {
  for (let at = 0; at < count; at += BATCH) {
    const pairs: string[] = [];
    for (let key = at; key < Math.min(count, at + BATCH); key++) pairs.push(`foreign:${key}`, "x".repeat(100));
    await redis.mset(...pairs);
  }
}
