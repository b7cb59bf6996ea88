import type { Redis } from "ioredis";

const TOKEN_KEY = /^bench:tag:/;
const SAMPLE = 2000;

export async function usedMemory(redis: Redis): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await redis.info("memory"))?.[1]);
}

/** Bytes of an entry and of a token, their keys included, on the average of some. */
export async function sampleKeys(redis: Redis): Promise<{ bytesPerEntry?: number; bytesPerToken?: number }> {
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
