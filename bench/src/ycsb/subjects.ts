import { Redis } from "ioredis";
import { createMetricsCollector, PrismaExtensionRedis } from "prisma-extension-redis";
import type { TestClient } from "../../../test/setup/connect.js";
import { withCache } from "../workbench.js";
import { PARENTS, ROWS } from "./workload.js";

/** What is measured, and how to ask it. */
export interface Subject {
  readonly client: Client;
  /** Of the reads so far. */
  readonly counts: () => Counts;
  readonly close: () => Promise<void>;
}

export interface Counts {
  /** Answered from the cache. */
  readonly hits: number;
  /** Sent past the cache, since a write was under way. */
  readonly bypasses: number;
}

type Plain = TestClient["prisma"];

/** The four operations of the benchmark. */
export interface Client {
  readonly product: {
    findUnique(args: { where: { id: number } }): PromiseLike<unknown>;
    findMany(args: { where: { categoryId: number }; orderBy: { id: "asc" } }): PromiseLike<unknown>;
    update(args: { where: { id: number }; data: Change }): PromiseLike<unknown>;
    create(args: { data: { sku: string; name: string; price: number; categoryId: number } }): PromiseLike<unknown>;
    delete(args: { where: { id: number } }): PromiseLike<unknown>;
  };
}

interface Change {
  readonly description?: string;
  readonly categoryId?: number;
  readonly views: { readonly increment: number };
}

type Open = (plain: Plain, redisUrl: string) => Promise<Subject>;

/** Each keeps entries for longer than the benchmark takes, so that only writes drop them. */
export const SUBJECTS = {
  evercache: async (plain, redis) => ofExtension(withCache(plain, redis)),
  "evercache, by model": byModel,
  "prisma-extension-redis 5": peer,
  "no cache": async (plain) => ({
    client: clientOf(plain),
    counts: () => ({ hits: 0, bypasses: 0 }),
    close: async () => {},
  }),
  floor,
} as const satisfies Record<string, Open>;

export type SubjectName = keyof typeof SUBJECTS;

/** Prisma's types say which result belongs to which arguments; here all are looked at alike. */
function clientOf(client: { product: object }): Client {
  return client as unknown as Client;
}

function ofExtension(client: ReturnType<typeof withCache>): Subject {
  const counts = () => {
    const { hit, bypass } = client.$cache.stats().reads;
    return { hits: hit, bypasses: bypass };
  };
  return {
    client: clientOf(client),
    counts,
    close: () => client.$cache.disconnect(),
  };
}

/** Every write drops every entry of its model, as with most caches that invalidate by themselves. */
async function byModel(plain: Plain, redis: string): Promise<Subject> {
  const cached = withCache(plain, redis);
  const { product } = clientOf(cached);
  const dropping = async (write: PromiseLike<unknown>): Promise<unknown> => {
    const row = await write;
    await cached.$cache.invalidate({ models: ["Product"] });
    return row;
  };
  const client: Client = {
    product: {
      findUnique: (args) => product.findUnique(args),
      findMany: (args) => product.findMany(args),
      update: (args) => dropping(product.update(args)),
      create: (args) => dropping(product.create(args)),
      delete: (args) => dropping(product.delete(args)),
    },
  };
  return { ...ofExtension(cached), client };
}

/** As its README configures it, with `STRING`, which it asks for where Redis has no JSON module, and a longer ttl. */
async function peer(plain: Plain, redisUrl: string): Promise<Subject> {
  const redis = new Redis(redisUrl);
  const metricsCollector = createMetricsCollector();
  const client = plain.$extends(
    PrismaExtensionRedis({
      config: {
        ttl: 3600,
        stale: 30,
        type: "STRING",
        auto: { invalidateOnWrite: true, ttl: 3600, stale: 30 },
        metricsCollector,
      },
      client: redis,
    }),
  );
  const counts = () => {
    const { hits, staleHits } = metricsCollector.getMetrics();
    return { hits: hits + staleHits, bypasses: 0 };
  };
  return { client: clientOf(client), counts, close: async () => redis.disconnect() };
}

/**
 * The least that a read from Redis costs: one MGET of the entry and three small keys, and JSON.parse. Its writes go to the
 * database alone, so that every read is a hit, and what was written is never seen.
 */
async function floor(plain: Plain, redisUrl: string): Promise<Subject> {
  const redis = new Redis(redisUrl);
  const tags = ["tag:1", "tag:2", "tag:3"] as const;
  await redis.mset(...tags.flatMap((tag) => [tag, "x".repeat(24)]));
  for (let id = 1; id <= ROWS; id++) {
    await redis.set(`row:${id}`, JSON.stringify(await plain.product.findUnique({ where: { id } })));
  }
  for (let categoryId = 1; categoryId <= PARENTS; categoryId++) {
    const list = await plain.product.findMany({ where: { categoryId }, orderBy: { id: "asc" } });
    await redis.set(`list:${categoryId}`, JSON.stringify(list));
  }
  let hits = 0;
  const get = async (key: string): Promise<unknown> => {
    const [entry] = await redis.mget(key, ...tags);
    hits++;
    return JSON.parse(entry!) as unknown;
  };
  const { product } = clientOf(plain);
  const client: Client = {
    product: {
      findUnique: ({ where }) => get(`row:${where.id}`),
      findMany: ({ where }) => get(`list:${where.categoryId}`),
      update: (args) => product.update(args),
      create: (args) => product.create(args),
      delete: (args) => product.delete(args),
    },
  };
  return { client, counts: () => ({ hits, bypasses: 0 }), close: async () => redis.disconnect() };
}
