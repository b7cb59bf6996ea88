import { MIXED_IN_FLIGHT } from "../in-flight.js";
import { inProcess } from "../process.js";
import type { SubjectName } from "../subjects/names.js";
import { interleaved, type RunCase } from "./case.js";

const MEASURED: readonly SubjectName[] = [
  "prisma",
  "prisma-extension-redis",
  "hand-written",
  "bare",
  "L2",
  "L2, refilled",
  "L1 validated, refilled",
  "L1 tracked",
  "by model",
];

/** A mix of reads and writes: how fast, how much of it the database still has to answer, and how much of it is stale. */
export const mixed: RunCase = async (context) => {
  const { redis, redisUrl, createShop, refillShop, workloads, scale, among, record, progress } = context;
  const inFlight = MIXED_IN_FLIGHT;
  const { size } = scale.mixed;
  const shop = { products: size.rows, categories: size.parents };
  const databaseUrl = await createShop("mixed", shop);
  await interleaved(scale.rounds, among(MEASURED), async (subject, seed) => {
    for (const workload of workloads) {
      await redis.flushall();
      await refillShop(databaseUrl, shop);
      const job = { subject, workload, seed, inFlight, ...scale.mixed, databaseUrl, redisUrl };
      const result = await inProcess("mixed", job);
      record({ case: "mixed", scenario: workload.name, subject, inFlight }, { ...result });
      const speed = `${Math.round(result.perSecond)}/s`;
      progress(`mixed, round ${seed}, ${workload.name}, ${subject}: ${speed}, stale ${result.stale}`);
    }
  });
};
