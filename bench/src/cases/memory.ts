import type { Redis } from "ioredis";
import { memoryRows } from "../memory-rows.js";
import { inProcess } from "../process.js";
import { heapScenario, REDIS_SCENARIO } from "../scenario-names.js";
import type { SubjectName } from "../subjects/names.js";
import type { RunCase } from "./case.js";

const MEASURED: readonly SubjectName[] = [
  "prisma",
  "prisma-extension-redis",
  "hand-written",
  "L2",
  "L1 tracked",
  "L1 tracked, shared",
];
const TOKEN_KEY = /^bench:tag:/;
const SAMPLE = 2000;

/** What different rows, each read once, leave in the process and in Redis. One round: it varies little. */
export const memory: RunCase = async ({ redis, redisUrl, createShop, scale, among, record, progress }) => {
  const { steps } = scale.memory;
  const databaseUrl = await createShop("memory", { products: memoryRows(steps), categories: 1000 });
  for (const subject of among(MEASURED)) {
    await redis.flushall();
    const before = await usedMemory(redis);
    const heap = await inProcess("memory", { subject, steps, databaseUrl, redisUrl }, ["--expose-gc"]);
    for (const [index, bytes] of heap.entries()) {
      record({ case: "memory", scenario: heapScenario(steps[index]!), subject }, { bytes });
    }
    const keys = await redis.dbsize();
    if (keys > 0) {
      const server = ((await usedMemory(redis)) - before) / memoryRows(steps);
      record(
        { case: "memory", scenario: REDIS_SCENARIO, subject },
        { bytesPerRead: server, ...(await sampleKeys(redis)) },
      );
    }
    progress(`memory, ${subject}: heap ${heap.map((bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`).join(", ")}`);
  }
};

async function usedMemory(redis: Redis): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await redis.info("memory"))?.[1]);
}

/** Bytes of an entry and of a token, their keys included, on the average of some. */
async function sampleKeys(redis: Redis): Promise<{ bytesPerEntry?: number; bytesPerToken?: number }> {
  const entries: number[] = [];
  const tokens: number[] = [];
  let cursor = "0";
  do {
    const [next, keys] = await redis.scan(cursor, "COUNT", 500);
    cursor = next;
    for (const key of keys) {
      const bytes = await redis.memory("USAGE", key, "SAMPLES", 0);
      (TOKEN_KEY.test(key) ? tokens : entries).push(bytes ?? 0);
    }
  } while (cursor !== "0" && entries.length + tokens.length < SAMPLE);
  return {
    ...(entries.length > 0 ? { bytesPerEntry: mean(entries) } : {}),
    ...(tokens.length > 0 ? { bytesPerToken: mean(tokens) } : {}),
  };
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
