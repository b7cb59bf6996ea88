import { randomBytes, randomUUID } from "node:crypto";
import type { Policy } from "@evercache/core";
import * as prismaPackage from "@evercache/prisma";
import * as acceleratePackage from "@evercache/prisma/accelerate";
import * as redisPackage from "@evercache/redis";
import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { redisUrl } from "../setup/client.js";
import { shop, withCache, type Cached, type Options } from "./fast-path-clients.js";
import { codeBelow } from "./page-code.js";

const VALIDATED = { mode: "validated", maxStaleness: 1000, share: false } as const;

/** Examples of options and calls, by the heading that they stand below, and what is true when they have run. */
const EXAMPLES: readonly [page: string, heading: string, check: (client: Cached) => unknown][] = [
  [
    "policies.md",
    "### `ttl`, `jitter`, `maxEntryBytes`: how long, and how large",
    policyOf(({ product }) => product.findMany(), { ttl: 60_000, jitter: 0.2, maxEntryBytes: 200_000 }),
  ],
  ["policies.md", "## How reads and writes of a model meet", ({ country }) => isKept(() => country.findMany())],
  ["l1.md", "# L1: results in process memory", policyOf(({ stock }) => stock.findMany(), { l1: VALIDATED })],
  [
    "encryption-and-compression.md",
    "# Encryption and compression",
    policyOf(({ product }) => product.findMany(), { compress: { threshold: 16_384 } }),
  ],
  ["invalidation.md", "## By hand", ({ $cache }) => expect($cache.stats().invalidations).toBe(4)],
  ["policies.md", "### `ttl` by result", ({ product }) => isKept(() => product.findUnique({ where: { id: 1 } }))],
  ["policies.md", "### `tags` by result", ({ order }) => isKept(() => order.findUnique({ where: { id: 2n } }))],
  [
    "policies.md",
    "### `negativeTtl`: what was not found",
    ({ user }) => isLeftOut(() => user.findUnique({ where: { id: 99 } })),
  ],
  ["policies.md", "### `when`: which queries", ({ order }) => isLeftOut(() => order.findMany())],
  [
    "policies.md",
    "### `sliding`: as long as it is asked for",
    policyOf(({ session }) => session.findMany(), { sliding: { cap: 43_200_000 } }),
  ],
  ["policies.md", "### `swr`: expired, but true", policyOf(({ product }) => product.findMany(), { swr: 60_000 })],
  [
    "policies.md",
    "### `earlyRefresh`: before it expires",
    policyOf(({ product }) => product.findMany(), { earlyRefresh: 3 }),
  ],
  [
    "policies.md",
    "### `staleIfError`: while the database is away",
    policyOf(({ product }) => product.findMany(), { staleIfError: 3_600_000 }),
  ],
  [
    "policies.md",
    "### `stampede`: one load for all",
    policyOf(({ category }) => category.findMany(), { stampede: { wait: 2000 } }),
  ],
  [
    "policies.md",
    "### `adaptive`: what is written more than it is read",
    ({ $cache }) => expect($cache.stats().adaptive).toEqual({ off: [], switchedOff: 0 }),
  ],
  [
    "policies.md",
    "### `onWrite`: the new row at once",
    ({ product }) => isThere(() => product.findUnique({ where: { id: 1 } })),
  ],
  ["observability.md", "## Queries, by their shape", ({ product }) => isKept(() => product.findMany())],
  ["observability.md", "## Logs", ({ $cache }) => expect($cache.stats().warnings).toBe(0)],
  ["outages.md", "## Past the cache, at once", ({ $cache }) => expect($cache.stats().isPaused).toBe(false)],
  ["api.md", "## Warming up", ({ category }) => isKept(() => category.findMany())],
  ["api.md", "## Recording what is asked", ({ $cache }) => expect($cache.stats().isPaused).toBe(false)],
  ["invalidation.md", "### From a process without Prisma", () => {}],
  ["encryption-and-compression.md", "## Columns that are never stored", ({ user }) => isLeftOut(() => user.findMany())],
  [
    "migrate.md",
    "### After, from Prisma Accelerate",
    async (client) => {
      await isKept(() => client.product.findMany({ where: { categoryId: 2 }, cache: { ttl: 60 } }));
      await isLeftOut(() => client.product.findMany({ where: { categoryId: 2 } }));
    },
  ],
  ["migrate.md", "### After, from prisma-extension-redis", isMigrated],
  ["migrate.md", "### After, from prisma-redis-middleware", isMigrated],
  [
    "migrate.md",
    "### After, from a cache written by hand",
    async ({ product, user }) => {
      await isKept(() => product.findUnique({ where: { id: 1 } }));
      await isLeftOut(() => user.findUnique({ where: { id: 1 } }));
    },
  ],
  [
    "sessions.md",
    "## The options",
    async ({ session }) => {
      await isKept(() => session.findUnique({ where: { token: "none" } }));
      await isLeftOut(() => session.findMany());
    },
  ],
  ["redis.md", "## Will it work with my server?", ({ $cache }) => expect($cache.stats().reads.hit).toBe(1)],
];

type Explained = Parameters<Cached["$cache"]["explain"]>[0];

function policyOf(read: (client: Cached) => Explained, policy: Partial<Policy>): (client: Cached) => unknown {
  return async (client) => expect(await client.$cache.explain(read(client))).toMatchObject({ policy });
}

/** As both pages have it: sessions are left out, and so are counts of products. */
async function isMigrated({ product, session }: Cached): Promise<void> {
  await isKept(() => product.findMany());
  await isLeftOut(() => product.count());
  await isLeftOut(() => session.findMany());
}

interface Informed {
  withCacheInfo(): Promise<{ info: { status: string } }>;
}

async function statusOf(read: () => Informed): Promise<string> {
  await read().withCacheInfo();
  return (await read().withCacheInfo()).info.status;
}

const isKept = async (read: () => Informed) => expect.poll(() => statusOf(read)).toBe("hit");
const isThere = async (read: () => Informed) => expect((await read().withCacheInfo()).info.status).toBe("hit");
const isLeftOut = async (read: () => Informed) => expect(await statusOf(read)).not.toBe("hit");

const randomKey = () => randomBytes(32).toString("base64");

test.each(EXAMPLES)("%s, %s", async (page, heading, check) => {
  const { plain } = await shop();
  let client = withCache(plain);
  const { createInvalidator } = redisPackage;
  const prisma = new Proxy({}, { get: (_, name) => client[name as keyof Cached] });
  /** An example's client has the options that stand before it. */
  const cacheExtension = (options: Options) => {
    prismaPackage.cacheExtension(options);
    // Each example has a database of its own.
    client = withCache(plain, options.redis === undefined ? options : { ...options, namespace: randomUUID() });
    return prisma;
  };
  const withAccelerate = (options: Options) => {
    const own = { namespace: randomUUID(), deadline: "10s" } as const;
    client = plain.$extends(acceleratePackage.withAccelerate({ ...options, ...own }));
    return prisma;
  };
  class PrismaClient {
    $extends = (extended: unknown) => extended;
  }
  const files = new Map<string, string>();
  const scope = {
    PrismaClient,
    PrismaPg: Object,
    adapter: {},
    cacheExtension,
    withAccelerate,
    createInvalidator,
    prisma,
    process: {
      env: { REDIS_URL: redisUrl(), CACHE_KEY: randomKey(), CACHE_KEY_BEFORE: randomKey() },
      once: (_: string, act: () => void) => act(),
    },
    writeFileSync: (name: string, text: string) => files.set(name, text),
    readFileSync: (name: string) => files.get(name),
    console: { log: () => {}, debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    pino: () => pino({ enabled: false }),
    where: {},
    id: 1,
    ids: [1, 2, 3],
    email: "nobody@shop.test",
    token: "none",
  };
  onTestFinished(() => client.$cache.disconnect());
  // oxlint-disable-next-line typescript/no-implied-eval
  const run = new Function(...Object.keys(scope), `${await codeBelow(page, heading)} return example();`);
  await run(...Object.values(scope));
  await check(client);
});
