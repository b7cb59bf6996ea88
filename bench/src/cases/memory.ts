import { memoryRows } from "../memory-rows.js";
import { inProcess } from "../process.js";
import { sampleKeys, usedMemory } from "../redis-memory.js";
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
