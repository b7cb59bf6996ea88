// With withAccelerate every read takes what Accelerate's takes, and returns what that returns.
import {
  withAccelerate,
  type AccelerateInfo,
  type AccelerateInvalidateInput,
  type AcceleratePromise,
  type CacheInfo,
  type PrismaCacheStrategy,
  type WithAccelerateOptions,
} from "@evercache/prisma/accelerate";
import { Redis } from "ioredis";
import { cached, plain, plainOmitting } from "./clients.ts";
import { exactly, promises, same } from "./expect.ts";
import type { Prisma, PrismaClient } from "./generated/client.ts";

const prisma = plain.$extends(withAccelerate());
const omitting = plainOmitting.$extends(withAccelerate({}));
const where = { id: 1 };
const cacheStrategy = { ttl: 60, swr: 30, tags: ["home"] };

// Every read
same(plain.user.findUnique({ where }), prisma.user.findUnique({ where, cacheStrategy }));
same(plain.user.findUniqueOrThrow({ where }), prisma.user.findUniqueOrThrow({ where, cacheStrategy: { ttl: 60 } }));
same(plain.user.findFirst(), prisma.user.findFirst({ cacheStrategy: { swr: 60 } }));
same(plain.user.findFirstOrThrow(), prisma.user.findFirstOrThrow({ cacheStrategy: { tags: ["a"] } }));
same(
  plain.user.findMany({ where, select: { id: true, posts: { select: { title: true } } } }),
  prisma.user.findMany({ where, select: { id: true, posts: { select: { title: true } } }, cacheStrategy: {} }),
);
same(
  plain.user.findMany({ include: { profile: true }, omit: { password: true } }),
  prisma.user.findMany({ include: { profile: true }, omit: { password: true }, cacheStrategy }),
);
same(plain.user.count(), prisma.user.count({ cacheStrategy }));
same(plain.user.count({ select: { _all: true } }), prisma.user.count({ select: { _all: true }, cacheStrategy }));
same(
  plain.order.aggregate({ _sum: { total: true } }),
  prisma.order.aggregate({ _sum: { total: true }, cacheStrategy }),
);
same(
  plain.user.groupBy({ by: ["role"], _count: true }),
  prisma.user.groupBy({ by: ["role"], _count: true, cacheStrategy }),
);
same(plain.user.findMany(), prisma.user.findMany());
same(plainOmitting.user.findMany(), omitting.user.findMany({ cacheStrategy }));
same(plain.user.findUnique({ where }).posts(), prisma.user.findUnique({ where, cacheStrategy }).posts());

// A strategy that is made elsewhere
declare const fresh: boolean;
same(plain.user.findMany(), prisma.user.findMany({ cacheStrategy: fresh ? undefined : { ttl: 1 } }));
declare const strategy: { readonly ttl: 60; readonly tags: readonly string[] };
same(plain.user.findMany(), prisma.user.findMany({ cacheStrategy: strategy }));
declare const named: PrismaCacheStrategy;
same(plain.user.findMany(), prisma.user.findMany({ where, ...named }));
const given: NonNullable<PrismaCacheStrategy["cacheStrategy"]> = { ttl: 1, swr: 2, tags: [] };
same(plain.user.findMany(), prisma.user.findMany({ cacheStrategy: given }));

// Where it came from
const read = prisma.user.findMany({ where, select: { id: true }, cacheStrategy }).withAccelerateInfo();
const { data, info } = await read;
exactly<typeof data, { id: number }[]>(true);
exactly<typeof info, AccelerateInfo | null>(true);
const whole: Prisma.PrismaPromise<{ data: { id: number }[]; info: AccelerateInfo | null }> = read;
exactly<
  AccelerateInfo,
  {
    cacheStatus: "ttl" | "swr" | "miss" | "none";
    lastModified: Date;
    region: string;
    requestId: string;
    signature: string;
  }
>(true);
const promise: AcceleratePromise<number> = prisma.user.count();
const one = await prisma.user.findUnique({ where }).withAccelerateInfo();
exactly<typeof one.data, Prisma.UserGetPayload<{}> | null>(true);
const summed = await prisma.order.aggregate({ _max: { total: true } }).withAccelerateInfo();
promises<typeof summed.data>()(plain.order.aggregate({ _max: { total: true } }));
promises<[typeof data, number]>()(
  prisma.$transaction([prisma.user.findMany({ where, select: { id: true }, cacheStrategy }), promise]),
);
promises<[{ data: { id: number }[]; info: AccelerateInfo | null }]>()(prisma.$transaction([whole]));

// Dropped
const input: AccelerateInvalidateInput = { tags: ["a"] };
promises<{ requestId: string }>()(prisma.$accelerate.invalidate(input));
promises<{ requestId: string }>()(prisma.$accelerate.invalidate({ tags: ["a"] as const }));
promises<{ requestId: string }>()(prisma.$accelerate.invalidateAll());

// The cache beneath
same(plain.user.findMany(), prisma.user.findMany({ cache: { ttl: "1m" } }));
const beneath = await prisma.user.findFirst({ cacheStrategy }).withCacheInfo();
exactly<typeof beneath.info, CacheInfo>(true);
await prisma.$cache.invalidate({ models: ["User"] });

// Transactions, extensions, helpers
await prisma.$transaction(async (tx) => {
  same(plain.user.count(), tx.user.count({ cacheStrategy }));
  await tx.$accelerate.invalidate({ tags: ["a"] });
  await tx.user.findFirst().withAccelerateInfo();
});
const shouting = { result: { user: { shout: { needs: { name: true }, compute: () => "!" } } } } as const;
for (const extended of [prisma.$extends(shouting), plain.$extends(shouting).$extends(withAccelerate())]) {
  const found = await extended.user.findFirstOrThrow({ cacheStrategy, select: { shout: true } }).withAccelerateInfo();
  exactly<typeof found.data, { shout: string }>(true);
  await extended.$extends({ client: { $one: () => 1 } }).$accelerate.invalidateAll();
}
declare function helper(tx: Prisma.TransactionClient): Promise<void>;
await helper(prisma);
await prisma.$transaction(helper);
const rows: Prisma.Args<typeof prisma.user, "findMany"> = { where, cacheStrategy };
void prisma.user.findMany(rows);
exactly<Prisma.Args<typeof prisma.user, "create">, Prisma.Args<typeof plain.user, "create">>(true);
exactly<
  Prisma.Result<typeof prisma.user, { select: { id: true } }, "findMany">,
  Prisma.Result<typeof plain.user, { select: { id: true } }, "findMany">
>(true);

// Options
plain.$extends(withAccelerate({ fetch }));
plain.$extends(withAccelerate({ fetch: (url, init) => fetch(url, init) }));
plain.$extends(withAccelerate({ fetch: async (url: string) => fetch(url) }));
plain.$extends(
  withAccelerate({ redis: new Redis(), namespace: "shop", defaults: { ttl: "1m" }, models: { User: false } }),
);
const options: WithAccelerateOptions<Prisma.ModelName> = { models: { Product: { ttl: 1 } } };
plain.$extends(withAccelerate(options));
const apart = withAccelerate<PrismaClient>({});
same(plain.user.findMany(), plain.$extends(apart).user.findMany({ cacheStrategy }));
// @ts-expect-error: no such model
plain.$extends(withAccelerate({ models: { Prodct: {} } }));
// @ts-expect-error: no such option
plain.$extends(withAccelerate({ fetsch: fetch }));

// What it does not take
// @ts-expect-error: seconds
prisma.user.findMany({ cacheStrategy: { ttl: "60s" } });
// @ts-expect-error: no such setting
prisma.user.findMany({ cacheStrategy: { ttl: 60, negativeTtl: 1 } });
// @ts-expect-error: an array
prisma.user.findMany({ cacheStrategy: { tags: "home" } });
// @ts-expect-error: not of a write
prisma.user.create({ data: { email: "a", password: "b" }, cacheStrategy });
// @ts-expect-error: not of the relations of one row
prisma.user.findUnique({ where }).posts({ cacheStrategy });
// @ts-expect-error: nor of a write
prisma.user.create({ data: { email: "a", password: "b" } }).withAccelerateInfo();
// @ts-expect-error: names
prisma.$accelerate.invalidate({ tags: "home" });
// @ts-expect-error: by tags only
prisma.$accelerate.invalidate({ models: ["User"] });

// A client with cacheExtension has nothing of it.
// @ts-expect-error: no such argument
cached.user.findMany({ cacheStrategy });
// @ts-expect-error: no such method
cached.user.findMany().withAccelerateInfo();
// @ts-expect-error: no such member
cached.$accelerate;
