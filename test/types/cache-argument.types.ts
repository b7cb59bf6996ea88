// Reads take `cache`, and it changes nothing of what they return; nothing else takes it.
import type { CacheInfo } from "@evercache/prisma";
import { cached, cachedOmitting, plain } from "./clients.ts";
import { exactly, promises, same } from "./expect.ts";
import type { Prisma } from "./generated/client.ts";

const where = { id: 1 };
const data = { label: "a" };

// Every read, each form
same(plain.user.findUnique({ where }), cached.user.findUnique({ where, cache: {} }));
same(plain.user.findUnique({ where }), cached.user.findUnique({ where, cache: { ttl: 30, tags: ["home"] } }));
same(plain.user.findUniqueOrThrow({ where }), cached.user.findUniqueOrThrow({ where, cache: { ttl: "30s" } }));
same(plain.user.findFirst(), cached.user.findFirst({ cache: false }));
same(plain.user.findFirstOrThrow(), cached.user.findFirstOrThrow({ cache: { tags: [] as readonly string[] } }));
same(
  plain.user.findMany({ where, select: { id: true, posts: { select: { title: true } } } }),
  cached.user.findMany({ where, select: { id: true, posts: { select: { title: true } } }, cache: { ttl: "1.5h" } }),
);
same(
  plain.user.findMany({ include: { profile: true }, omit: { password: true } }),
  cached.user.findMany({ include: { profile: true }, omit: { password: true }, cache: { ttl: "500ms" } }),
);
same(plain.user.count(), cached.user.count({ cache: { ttl: "5m" } }));
same(plain.user.count({ select: { name: true } }), cached.user.count({ select: { name: true }, cache: false }));
same(
  plain.order.aggregate({ _sum: { total: true } }),
  cached.order.aggregate({ _sum: { total: true }, cache: { ttl: 1 } }),
);
same(plain.user.groupBy({ by: ["role"] }), cached.user.groupBy({ by: ["role"], cache: { ttl: "1d" } }));
same(plain.user.findUnique({ where }).posts(), cached.user.findUnique({ where, cache: { ttl: 1 } }).posts());

// A setting that may be left out
declare const fresh: boolean;
same(plain.user.findMany(), cached.user.findMany({ cache: fresh ? false : undefined }));
same(plain.user.findMany(), cached.user.findMany({ cache: fresh ? false : { ttl: "1m" } }));
declare const policy: { ttl: "1m"; tags: string[] };
same(plain.user.findMany(), cached.user.findMany({ cache: policy }));

// Where it came from
const read = await cached.user.findMany({ where, select: { id: true } }).withCacheInfo();
exactly<typeof read, { readonly data: { id: number }[]; readonly info: CacheInfo }>(true);
const one = await cachedOmitting.user.findUnique({ where }).withCacheInfo();
exactly<typeof one.data, Prisma.UserGetPayload<{ omit: { password: true } }> | null>(true);
exactly<typeof one.info.status, "hit" | "stale" | "miss" | "bypass">(true);
exactly<typeof one.info.storedAt, Date | null>(true);
const counted = await cached.user.count({ select: { _all: true } }).withCacheInfo();
exactly<typeof counted.data, { _all: number }>(true);
const grouped = await cached.user.groupBy({ by: ["role"], _count: true }).withCacheInfo();
promises<typeof grouped.data>()(plain.user.groupBy({ by: ["role"], _count: true }));
const summed = await cached.order.aggregate({ _max: { total: true } }).withCacheInfo();
promises<typeof summed.data>()(plain.order.aggregate({ _max: { total: true } }));
const posts = await cached.user
  .findUniqueOrThrow({ where })
  .posts({ select: { id: true } })
  .withCacheInfo();
exactly<typeof posts.data, { id: number }[]>(true);

// What is no cache argument
// @ts-expect-error: no such setting
cached.user.findMany({ cache: { tll: 1 } });
// @ts-expect-error: no such unit
cached.user.findMany({ cache: { ttl: "5 minutes" } });
// @ts-expect-error: no unit
cached.user.findMany({ cache: { ttl: "5" } });
// @ts-expect-error: a list
cached.user.findMany({ cache: { tags: "home" } });
// @ts-expect-error: false, or what to do
cached.user.findMany({ cache: true });
// @ts-expect-error: false, or what to do
cached.user.findMany({ cache: null });
// @ts-expect-error: no such setting
cached.user.findUnique({ where, cache: { ttl: 1, stale: 2 } });
// @ts-expect-error: no such setting
cached.user.count({ cache: { key: "users" } });
// @ts-expect-error: no such setting
cached.user.groupBy({ by: ["role"], cache: { tag: "home" } });
const misspelt = { tll: 1 };
// @ts-expect-error: no such setting, from a variable
cached.user.findMany({ cache: misspelt });

// Only the whole query is cached
// @ts-expect-error: a part of a query
cached.user.findMany({ include: { posts: { cache: { ttl: 1 } } } });
// @ts-expect-error: a part of a query
cached.user.findMany({ where: { cache: false } });
// @ts-expect-error: it stands in the first call
cached.user.findUnique({ where }).posts({ cache: { ttl: 1 } });

// Writes
// @ts-expect-error: a write
cached.tag.create({ data, cache: { ttl: 1 } });
// @ts-expect-error: a write
cached.tag.createMany({ data, cache: false });
// @ts-expect-error: a write
cached.tag.createManyAndReturn({ data, cache: {} });
// @ts-expect-error: a write
cached.tag.update({ where, data, cache: { ttl: 1 } });
// @ts-expect-error: a write
cached.tag.updateMany({ where, data, cache: { ttl: 1 } });
// @ts-expect-error: a write
cached.tag.updateManyAndReturn({ where, data, cache: { ttl: 1 } });
// @ts-expect-error: a write
cached.tag.upsert({ where, create: data, update: data, cache: false });
// @ts-expect-error: a write
cached.tag.delete({ where, cache: false });
// @ts-expect-error: a write
cached.tag.deleteMany({ where, cache: false });
// @ts-expect-error: a write came from nowhere
cached.tag.create({ data }).withCacheInfo;
// @ts-expect-error: nor did what it returns
cached.post.update({ where, data: {} }).author().withCacheInfo;
// @ts-expect-error: raw SQL is not cached
cached.$queryRaw`SELECT 1`.withCacheInfo;
