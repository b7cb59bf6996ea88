import { MISSES_IN_FLIGHT } from "../in-flight.js";
import { inProcess } from "../process.js";
import type { SubjectName } from "../subjects/names.js";
import { interleaved, type RunCase } from "./case.js";

const MEASURED: readonly SubjectName[] = [
  "prisma",
  "prisma-extension-redis",
  "hand-written",
  "L2",
  "L2 without fast path",
  "L1 tracked",
];

/** Reads of what no cache has yet: what they cost beside a read without a cache. */
export const misses: RunCase = async ({ redis, redisUrl, createShop, scale, among, record, progress }) => {
  const inFlight = MISSES_IN_FLIGHT;
  const { warmUp, measured } = scale.misses;
  const databaseUrl = await createShop("misses", { products: warmUp + measured, categories: 100 });
  await interleaved(scale.rounds, among(MEASURED), async (subject, round) => {
    await redis.flushall();
    const result = await inProcess("misses", { subject, inFlight, warmUp, measured, databaseUrl, redisUrl });
    record({ case: "misses", scenario: "one row", subject, inFlight }, { ...result });
    progress(
      `misses, round ${round}, ${subject}: ${Math.round(result.perSecond)}/s, ${result.cpuMicros.toFixed(0)} µs`,
    );
  });
};
