import { inProcess } from "../process.js";
import { shopOf } from "../queries.js";
import type { SubjectName } from "../subjects/names.js";
import { interleaved, type RunCase } from "./case.js";

const MEASURED: readonly SubjectName[] = [
  "prisma",
  "prisma-extension-redis",
  "hand-written",
  "bare",
  "hook",
  "L2",
  "L2 without fast path",
  "L1 validated",
  "L1 tracked",
  "L1 tracked without fast path",
  "L1 tracked, shared",
];

/** Reads of what is in the cache. */
export const hits: RunCase = async ({ redis, redisUrl, createShop, scenarios, scale, among, record, progress }) => {
  const databaseUrl = await createShop("hits", shopOf(scale.hits.reads));
  await interleaved(scale.rounds, among(MEASURED), async (subject, round) => {
    await redis.flushall();
    const results = await inProcess("hits", { subject, scenarios, ...scale.hits, databaseUrl, redisUrl });
    for (const { scenario, inFlight, perSecond, hitRatio } of results) {
      record({ case: "hits", scenario, subject, inFlight }, { perSecond, hitRatio });
    }
    const of32 = results.filter(({ inFlight }) => inFlight === 32);
    const speeds = of32.map(({ scenario, perSecond }) => `${scenario} ${Math.round(perSecond)}/s`);
    progress(`hits, round ${round}, ${subject}: ${speeds.join(", ")}`);
  });
};
