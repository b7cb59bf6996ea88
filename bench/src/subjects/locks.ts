import { Redis } from "ioredis";
import type { BenchClient } from "../queries.js";
import type { OpenSubject } from "./subject.js";

const LOCK = "lock";
const LEASE_MS = 10_000;

/**
 * The least that a write costs which locks a key in Redis before its statement and drops it after its commit, both of which it
 * waits for. What that key is about, nobody worked out.
 */
export const lockAndRelease: OpenSubject = (plain, redisUrl) =>
  locking(plain, redisUrl, async (redis, update) => {
    await lock(redis);
    const row = await update();
    await redis.del(LOCK);
    return row;
  });

/**
 * Less than any such write can cost: the statement does not wait for the lock, so that it may come before it, and nobody
 * waits for the end of the lock.
 */
export const lockBeside: OpenSubject = (plain, redisUrl) =>
  locking(plain, redisUrl, async (redis, update) => {
    const [row] = await Promise.all([update(), lock(redis)]);
    void redis.del(LOCK);
    return row;
  });

function lock(redis: Redis): Promise<unknown> {
  return redis.set(LOCK, "holder", "PX", LEASE_MS);
}

function locking(
  plain: Parameters<OpenSubject>[0],
  redisUrl: string,
  write: (redis: Redis, update: () => PromiseLike<unknown>) => Promise<unknown>,
): ReturnType<OpenSubject> {
  const redis = new Redis(redisUrl);
  const { product } = plain;
  type Update = BenchClient["product"]["update"];
  const update = (args: Parameters<Update>[0]) => write(redis, () => product.update(args));
  return {
    client: { product: { update } } as unknown as BenchClient,
    read: (query) => query.run(plain),
    close: async () => redis.disconnect(),
  };
}
