// The options know the models of the client that they are for.
import { cacheExtension, type CacheOptions, type EncryptionKey, type EncryptionOptions } from "@evercache/prisma";
import { Cluster, Redis } from "ioredis";
import { Cluster as Cluster5, Redis as Redis5 } from "ioredis5";
import { pino } from "pino";
import winston from "winston";
import { adapter, plain, plainOmitting } from "./clients.ts";
import { same } from "./expect.ts";
import { PrismaClient, type Prisma } from "./generated/client.ts";

// In one line
const client = new PrismaClient({ adapter }).$extends(
  cacheExtension({
    redis: "redis://localhost",
    namespace: "shop",
    consistency: "bounded",
    defaults: { ttl: "5m", jitter: 0.2, list: false },
    models: { Product: { ttl: "10m", list: { ttl: 60, jitter: 0 }, maxEntryBytes: 1000 }, AuditLog: false },
    scope: () => "tenant",
    deadline: "50ms",
    writeDeadline: 0.25,
    lease: "10s",
    ambiguousLease: "1m",
    onUnreachable: "reject",
    awaitRelease: false,
    verify: 0.001,
    observable: true,
  }),
);
plain.$extends(cacheExtension({ consistency: "strict" }));
same(plain.product.findMany(), client.product.findMany({ cache: { ttl: "1m" } }));
plain.$extends(cacheExtension());
plain.$extends(cacheExtension({}));
plain.$extends(cacheExtension({ redis: process.env["REDIS_URL"], namespace: process.env["NAMESPACE"] }));

plain.$extends(
  cacheExtension({ models: { Product: { negativeTtl: "1s", exclude: ["name"], list: { negativeTtl: false } } } }),
);
same(
  plain.product.findUnique({ where: { id: 1 } }),
  client.product.findUnique({ where: { id: 1 }, cache: { negativeTtl: false } }),
);

plain.$extends(
  cacheExtension({ defaults: { when: ({ model, operation, args }) => model === operation || "take" in args } }),
);
plain.$extends(
  cacheExtension({ defaults: { ttl: (result, { model }) => (result === null || model === "User" ? false : "5m") } }),
);
plain.$extends(cacheExtension({ models: { Product: { when: () => true, list: { when: false } } } }));
plain.$extends(
  cacheExtension({
    defaults: { tags: (result, { model, operation }) => (result === null ? [] : [model, operation]) },
    models: { Product: { tags: () => ["home"] as const, list: { tags: false } } },
  }),
);

plain.$extends(
  cacheExtension({
    defaults: { sliding: true, swr: "30s", earlyRefresh: true, staleIfError: "1h", stampede: "distributed" },
    models: {
      Product: {
        sliding: { cap: "12h" },
        earlyRefresh: { beta: 2 },
        stampede: { mode: "distributed", wait: 1 },
        list: { sliding: false, swr: false, earlyRefresh: false, staleIfError: false, stampede: "process" },
      },
    },
  }),
);
same(
  plain.product.findMany(),
  client.product.findMany({
    cache: {
      ttl: 5,
      jitter: 0,
      sliding: { cap: 60 },
      swr: 9,
      earlyRefresh: true,
      staleIfError: 60,
      stampede: "process",
    },
  }),
);
same(plain.product.count(), client.product.count({ cache: { swr: false, sliding: false, stampede: { wait: 1 } } }));

plain.$extends(
  cacheExtension({
    defaults: { adaptive: true, list: { adaptive: false } },
    models: {
      Product: { adaptive: { minHitRatio: 0.2, window: "5s", minReads: 50, offFor: 10, maxOffFor: "1m" } },
      User: { list: { adaptive: {} } },
    },
  }),
);
const { off, switchedOff } = client.$cache.stats().adaptive;
off satisfies readonly { readonly model: string; readonly kind: "single" | "list" }[];
switchedOff satisfies number;
client.$cache.on("event", (event) => {
  if (event.type !== "adaptive") return;
  event.model satisfies string;
  if (event.isOff) (event.hits + event.dropped + event.milliseconds) satisfies number;
  // @ts-expect-error: only of what is switched off
  else void event.hits;
});

// Mistakes
// @ts-expect-error: a cap, not a duration
plain.$extends(cacheExtension({ defaults: { sliding: "1h" } }));
// @ts-expect-error: a duration, or false
plain.$extends(cacheExtension({ defaults: { swr: true } }));
// @ts-expect-error: true, false or a beta
plain.$extends(cacheExtension({ defaults: { earlyRefresh: 2 } }));
// @ts-expect-error: no such mode
plain.$extends(cacheExtension({ defaults: { stampede: "cluster" } }));
// @ts-expect-error: a duration, or false
client.product.findMany({ cache: { staleIfError: true } });
// @ts-expect-error: no such setting
client.product.findMany({ cache: { sliding: { max: "1h" } } });
// @ts-expect-error: true, false, or settings
plain.$extends(cacheExtension({ defaults: { adaptive: "often" } }));
// @ts-expect-error: no such setting
plain.$extends(cacheExtension({ models: { Product: { adaptive: { ratio: 0.1 } } } }));
// @ts-expect-error: of models, not of one query
void client.product.findMany({ cache: { adaptive: false } });
// @ts-expect-error: true or false
plain.$extends(cacheExtension({ defaults: { when: () => "yes" } }));
// @ts-expect-error: a function
plain.$extends(cacheExtension({ defaults: { tags: ["home"] } }));
// @ts-expect-error: an array of names
plain.$extends(cacheExtension({ defaults: { tags: () => "home" } }));
// @ts-expect-error: at once
plain.$extends(cacheExtension({ defaults: { tags: async () => ["home"] } }));
// @ts-expect-error: of results, not of one query
same(plain.product.findMany(), client.product.findMany({ cache: { tags: () => ["home"] } }));
// @ts-expect-error: no duration
plain.$extends(cacheExtension({ defaults: { ttl: () => "soon" } }));
// @ts-expect-error: at once
plain.$extends(cacheExtension({ defaults: { when: async () => true } }));
// @ts-expect-error: a duration, or false
plain.$extends(cacheExtension({ defaults: { negativeTtl: true } }));
// @ts-expect-error: of a model, not of its lists
plain.$extends(cacheExtension({ models: { Product: { list: { exclude: ["name"] } } } }));
// @ts-expect-error: no such model
plain.$extends(cacheExtension({ models: { Prodct: { ttl: 1 } } }));
// @ts-expect-error: as the schema spells it
plain.$extends(cacheExtension({ models: { product: { ttl: 1 } } }));
// @ts-expect-error: no such setting
plain.$extends(cacheExtension({ models: { Product: { tll: 1 } } }));
// @ts-expect-error: no such setting of lists
plain.$extends(cacheExtension({ models: { Product: { list: { list: false } } } }));
// @ts-expect-error: false, or a policy
plain.$extends(cacheExtension({ models: { Product: true } }));
// @ts-expect-error: no duration
plain.$extends(cacheExtension({ defaults: { ttl: "5 minutes" } }));
// @ts-expect-error: no such option
plain.$extends(cacheExtension({ redsi: "redis://localhost" }));
// @ts-expect-error: no such consistency
plain.$extends(cacheExtension({ consistency: "strong" }));
// @ts-expect-error: a share, as a number
plain.$extends(cacheExtension({ verify: "0.1%" }));
// @ts-expect-error: yes or no, as a boolean
plain.$extends(cacheExtension({ observable: "yes" }));
// @ts-expect-error: not so
plain.$extends(cacheExtension({ onUnreachable: "ignore" }));
// @ts-expect-error: no duration
plain.$extends(cacheExtension({ deadline: "soon" }));
// @ts-expect-error: no store
plain.$extends(cacheExtension({ store: {} }));

// Redis, of either version
plain.$extends(cacheExtension({ redis: new Redis() }));
plain.$extends(cacheExtension({ redis: new Redis({ replyMapping: "resp3" }) }));
plain.$extends(cacheExtension({ redis: new Cluster([]) }));
plain.$extends(cacheExtension({ redis: new Redis5() }));
plain.$extends(cacheExtension({ redis: new Cluster5([]) }));
plain.$extends(cacheExtension({ redis: { host: "localhost", port: 6379, db: 1, tls: {} } }));
plain.$extends(cacheExtension({ redis: { sentinels: [{ host: "a", port: 1 }], name: "main" } }));
// @ts-expect-error: no Redis
plain.$extends(cacheExtension({ redis: 6379 }));
// @ts-expect-error: no Redis
plain.$extends(cacheExtension({ redis: new Map() }));
// @ts-expect-error: no such setting
plain.$extends(cacheExtension({ redis: { hots: "localhost" } }));

// Written elsewhere
const options: CacheOptions<Prisma.ModelName> = { models: { Product: { ttl: "1m" } } };
plain.$extends(cacheExtension(options));
// @ts-expect-error: no such model
const wrong: CacheOptions<Prisma.ModelName> = { models: { Prodct: {} } };
plain.$extends(cacheExtension(wrong));

const named = cacheExtension<PrismaClient>({ models: { Product: false } });
same(plain.user.findMany(), plain.$extends(named).user.findMany({ cache: false }));
const namedOmitting = cacheExtension<typeof plainOmitting>({});
same(plainOmitting.user.findMany(), plainOmitting.$extends(namedOmitting).user.findMany({ cache: false }));
// @ts-expect-error: no such model
cacheExtension<PrismaClient>({ models: { Prodct: false } });
// @ts-expect-error: for which client?
plain.$extends(unnamed());
function unnamed() {
  return cacheExtension({ models: { Anything: {} } });
}

// How reads and writes of a model meet
plain.$extends(
  cacheExtension({
    defaults: { granularity: "model" },
    models: {
      Product: { trackBy: ["name"], volatile: ["views", "updatedAt"], alsoWrites: ["User"], granularity: "row" },
    },
  }),
);
// @ts-expect-error: no such model
plain.$extends(cacheExtension({ models: { Order: { alsoWrites: ["Stok"] } } }));
// @ts-expect-error: no such granularity
plain.$extends(cacheExtension({ models: { Order: { granularity: "table" } } }));
// @ts-expect-error: names, in an array
plain.$extends(cacheExtension({ models: { Order: { trackBy: "note" } } }));
// @ts-expect-error: of one model, not of all
plain.$extends(cacheExtension({ defaults: { volatile: ["views"] } }));

// What writes leave in the cache
plain.$extends(cacheExtension({ defaults: { onWrite: "refill" }, models: { Order: { onWrite: "drop" } } }));
// @ts-expect-error: no such way
plain.$extends(cacheExtension({ models: { Order: { onWrite: "update" } } }));
// @ts-expect-error: of a model, not of its lists: no list is left
plain.$extends(cacheExtension({ models: { Order: { list: { onWrite: "refill" } } } }));
// @ts-expect-error: of a model, not of one query
plain.$extends(cacheExtension({})).order.findMany({ cache: { onWrite: "refill" } });

// How entries lie in the store
plain.$extends(
  cacheExtension({
    encryption: {
      keys: [
        { id: "2026-01", key: process.env["CACHE_KEY"] },
        { id: "2025-01", key: new Uint8Array(32) },
      ],
    },
    defaults: { compress: true },
    models: {
      User: { encrypt: true, compress: false },
      Product: { compress: { threshold: 1000 }, list: { compress: {} } },
    },
  }),
);
const keys: EncryptionKey[] = [{ id: "2026-01", key: Buffer.alloc(32) }];
const encryption: EncryptionOptions = { keys };
plain.$extends(cacheExtension({ encryption, defaults: { encrypt: true } }));
// @ts-expect-error: of a model, not of its lists alone
plain.$extends(cacheExtension({ models: { User: { list: { encrypt: true } } } }));
// @ts-expect-error: true or false; the keys are in `encryption`
plain.$extends(cacheExtension({ models: { User: { encrypt: { key: "" } } } }));
// @ts-expect-error: keys have ids
plain.$extends(cacheExtension({ encryption: { keys: [{ key: "" }] } }));
// @ts-expect-error: true, false, or a threshold
plain.$extends(cacheExtension({ models: { Product: { compress: "zstd" } } }));
// @ts-expect-error: no such setting
plain.$extends(cacheExtension({ models: { Product: { compress: { level: 1 } } } }));
// @ts-expect-error: of models, not of one query
void client.product.findMany({ cache: { encrypt: true } });

// Loggers of all kinds, and what is none.
plain.$extends(cacheExtension({ logger: console }));
plain.$extends(cacheExtension({ logger: pino() }));
plain.$extends(cacheExtension({ logger: winston.createLogger() }));
plain.$extends(cacheExtension({ logger: { logger: pino(), level: "warn", order: "object-first" } }));
plain.$extends(cacheExtension({ logger: { logger: console, level: undefined } }));
plain.$extends(cacheExtension({ logger: undefined }));
// @ts-expect-error: no info
plain.$extends(cacheExtension({ logger: { debug() {}, warn() {}, error() {} } }));
// @ts-expect-error: no such level
plain.$extends(cacheExtension({ logger: { logger: console, level: "trace" } }));
// @ts-expect-error: a name
plain.$extends(cacheExtension({ logger: "console" }));
