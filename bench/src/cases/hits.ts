import { inProcess } from "../process.js";
import { shopOf } from "../queries.js";
import { SUBJECT_NAMES, type SubjectName } from "../subjects/names.js";
import { interleaved, type RunCase } from "./case.js";

/** What is only different where something is written. */
const OF_WRITES: ReadonlySet<SubjectName> = new Set([
  "lock and release",
  "lock first",
  "lock meanwhile",
  "lock exactly",
  "lock beside",
  "L2, refilled",
  "by model",
]);
const MEASURED = SUBJECT_NAMES.filter((name) => !OF_WRITES.has(name));

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
