import type { Redis } from "ioredis";

/** How the entries of a model are found again when it is written to. */
export interface Invalidation {
  /** The beginning of the model's entries' names. */
  prefix(redis: Redis, model: string): Promise<string>;
  remember(redis: Redis, model: string, name: string): Promise<void>;
  drop(redis: Redis, model: string): Promise<void>;
}

/** A set of names for each model. `lifetime` is in seconds; `fewest` is how many names are worth dropping. */
export function byReferenceSet({ lifetime = 300, fewest = 1 } = {}): Invalidation {
  const set = (model: string) => `${model}:names`;
  return {
    prefix: async (_, model) => model,
    async remember(redis, model, name) {
      await redis.sadd(set(model), name);
      await redis.expire(set(model), lifetime);
    },
    async drop(redis, model) {
      const names = await redis.smembers(set(model));
      if (names.length >= fewest) await redis.del(set(model), ...names);
    },
  };
}

/** All keys of the server are looked through. */
export const byScan: Invalidation = {
  prefix: async (_, model) => model,
  remember: async () => {},
  async drop(redis, model) {
    let cursor = "0";
    do {
      const [next, names] = await redis.scan(cursor, "MATCH", `${model}:*`, "COUNT", 100);
      if (names.length > 0) await redis.del(...names);
      cursor = next;
    } while (cursor !== "0");
  },
};

/** A counter for each model, which is part of its entries' names. */
export const byCounter: Invalidation = {
  prefix: async (redis, model) => `${model}:${(await redis.get(`${model}:version`)) ?? 0}`,
  remember: async () => {},
  drop: async (redis, model) => void (await redis.incr(`${model}:version`)),
};
