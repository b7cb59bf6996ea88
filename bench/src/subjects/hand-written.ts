import { Redis } from "ioredis";
import { toJson, TTL_SECONDS, type OpenSubject } from "./subject.js";

/** Cache-aside as it is written by hand around Prisma: GET, JSON.parse, SET EX. No write drops anything; no types. */
export const handWritten: OpenSubject = (plain, redisUrl) => {
  const redis = new Redis(redisUrl);
  let hits = 0;
  return {
    client: plain,
    read: async (query) => {
      const entry = await redis.get(query.key);
      if (entry !== null) {
        hits++;
        return JSON.parse(entry) as unknown;
      }
      const result = await query.run(plain);
      await redis.set(query.key, toJson(result), "EX", TTL_SECONDS);
      return result;
    },
    counts: () => ({ hits, bypasses: 0 }),
    close: async () => redis.disconnect(),
  };
};
