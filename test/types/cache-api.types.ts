// prisma.$cache
import type { CacheEvent, CacheStats, CacheStatsWithQueries, StatsOptions } from "@evercache/core";
import type { TypedSql } from "@prisma/client/runtime/client";
import type { Explanation, ReadExplanation, RecordedQuery, WarmResult, WriteExplanation } from "@evercache/prisma";
import { cached, cachedOmitting, extended } from "./clients.ts";
import { exactly, promises } from "./expect.ts";
import { Prisma } from "./generated/client.ts";

promises<{ readonly applied: boolean }>()(Promise.resolve(await cached.$cache.invalidate({})));
await cached.$cache.invalidate({ tags: ["home"], models: ["Product", "AuditLog"] });
await cached.$cache.invalidate({
  rows: {
    Product: [{ id: 1 }, { sku: "a" }],
    OrderItem: [{ orderId_productId: { orderId: 1, productId: 2 } }, { position: { orderId: 1, line: 2 } }],
    AuditLog: [{ id: 1n }],
  },
});
declare const ids: readonly number[];
await cachedOmitting.$cache.invalidate({ rows: { Product: ids.map((id) => ({ id })) } });
// @ts-expect-error: no such model
await cached.$cache.invalidate({ models: ["Prodct"] });
// @ts-expect-error: no such model
await cached.$cache.invalidate({ rows: { Prodct: [{ id: 1 }] } });
// @ts-expect-error: no such field
await cached.$cache.invalidate({ rows: { Product: [{ idd: 1 }] } });
// @ts-expect-error: not unique
await cached.$cache.invalidate({ rows: { Product: [{ name: "a" }] } });
// @ts-expect-error: more than a name
await cached.$cache.invalidate({ rows: { Product: [{ id: 1, name: "a" }] } });
// @ts-expect-error: a number
await cached.$cache.invalidate({ rows: { Product: [{ id: "1" }] } });
// @ts-expect-error: which one
await cached.$cache.invalidate({ rows: { Product: [{ id: undefined }] } });
// @ts-expect-error: which one
await cached.$cache.invalidate({ rows: { Product: [{}] } });
// @ts-expect-error: a condition
await cached.$cache.invalidate({ rows: { Product: [{ id: { gt: 1 } }] } });
// @ts-expect-error: a part of a key
await cached.$cache.invalidate({ rows: { OrderItem: [{ orderId_productId: { orderId: 1 } }] } });
// @ts-expect-error: a list
await cached.$cache.invalidate({ tags: "home" });
// @ts-expect-error: no such thing
await cached.$cache.invalidate({ keys: ["a"] });

promises<{ readonly applied: boolean }>()(cached.$cache.invalidateAll());
exactly<CacheStats, typeof counts>(true);
const counts = cached.$cache.stats();
exactly<CacheStatsWithQueries, typeof ofQueries>(true);
const ofQueries = cached.$cache.stats({ queries: true });
exactly<number | undefined, typeof needless>(true);
const needless = cached.$cache.stats({ queries: { top: 5 } }).queries.byNeedless[0]?.needless;
exactly<CacheStats, typeof withoutQueries>(true);
const withoutQueries = cached.$cache.stats({ queries: false });
// @ts-expect-error: not asked for
void cached.$cache.stats().queries;
// @ts-expect-error: not asked for
void cached.$cache.stats({ queries: false }).queries;
// @ts-expect-error: a number
cached.$cache.stats({ queries: 5 });
declare const maybe: StatsOptions;
exactly<CacheStats | CacheStatsWithQueries, typeof either>(true);
const either = cached.$cache.stats(maybe);
promises<void>()(cached.$cache.disconnect());

promises<ReadExplanation>()(cached.$cache.explain(cached.product.findMany({ where: { id: 1 }, cache: { ttl: 1 } })));
promises<ReadExplanation>()(cached.$cache.explain(cached.user.findUnique({ where: { id: 1 } }).posts()));
promises<ReadExplanation>()(cached.$cache.explain(cached.product.count()));
promises<WriteExplanation>()(cached.$cache.explain(cached.product.delete({ where: { id: 1 } })));
promises<WriteExplanation>()(cached.$cache.explain(cached.product.deleteMany()));
promises<WriteExplanation>()(cached.$cache.explain(cached.$executeRaw`DELETE FROM "Product"`));
exactly<ReturnType<typeof cached.$cache.pause>, void>(true);
promises<WarmResult>()(cached.$cache.warm([cached.product.findMany(), () => cached.product.count()]));
promises<WarmResult>()(
  cached.$cache.warm(new Set([cached.user.findMany()]), {
    concurrency: 2,
    perSecond: 10,
    onProgress: ({ done, total }) => done === total,
    signal: AbortSignal.timeout(1),
  }),
);
const recording = cached.$cache.record({ max: 10 });
exactly<typeof recording.skipped, number>(true);
const recorded = recording.stop();
exactly<typeof recorded, ReturnType<typeof recording.queries>>(true);
const hottest = recorded[0]!;
if (hottest.model === "Product") exactly<typeof hottest.count, number | undefined>(true);
// @ts-expect-error: no such model
if (hottest.model === "Prodct") cached;
promises<WarmResult>()(cached.$cache.warm(recorded));
promises<WarmResult>()(cached.$cache.warm(JSON.parse("[]")));
promises<WarmResult>()(cached.$cache.warm(JSON.parse("[]") as RecordedQuery[]));
const imported = [
  { model: "Product", operation: "findMany", args: { where: { id: 1 } }, count: 2 },
  { model: "Product", operation: "count", args: {}, types: { values: {} } },
];
promises<WarmResult>()(cached.$cache.warm([...imported, () => cached.product.count()]));
// @ts-expect-error: no such option
cached.$cache.record({ most: 10 });
// @ts-expect-error: of what
cached.$cache.warm([{ operation: "findMany" }]);
// @ts-expect-error: a list of queries
cached.$cache.warm(cached.product.findMany());
// @ts-expect-error: no such option
cached.$cache.warm([], { paralel: 2 });
const explained = (await cached.$cache.explain(cached.product.findMany())) as Explanation;
if (explained.kind === "read") exactly<typeof explained.verdict, "hit" | "stale" | "miss" | "bypass">(true);
else exactly<typeof explained.model, string | null>(true);
// @ts-expect-error: the rows, not the query
void cached.$cache.explain(await cached.product.findMany());
// @ts-expect-error: a promise of another kind
void cached.$cache.explain(Promise.resolve([]));

const stop = cached.$cache.on("event", (event) => {
  exactly<typeof event, CacheEvent>(true);
  if (event.type === "hit") exactly<typeof event.model, string>(true);
});
exactly<typeof stop, () => void>(true);
// @ts-expect-error: there is one kind of event
cached.$cache.on("hit", () => {});
// @ts-expect-error: not before the extension
extended.$cache;

// Cached SQL
promises<unknown[]>()(cached.$cache.queryRaw({ models: ["Product"] })`SELECT ${1}`);
promises<{ id: number }[]>()(cached.$cache.queryRaw({ models: ["Product"], ttl: "30s" })<{ id: number }[]>`SELECT 1`);
promises<{ id: number }[]>()(cached.$cache.queryRaw<{ id: number }[]>({ tags: ["home"] }, Prisma.sql`SELECT 1`));
declare const typedQuery: TypedSql<[number], { name: string }>;
promises<{ name: string }[]>()(cached.$cache.queryRaw({ models: ["Product"] }, typedQuery));
exactly<"hit" | "stale" | "miss" | "bypass", Informed["info"]["status"]>(true);
type Informed = Awaited<ReturnType<ReturnType<typeof cached.$cache.queryRaw<unknown[]>>["withCacheInfo"]>>;
await cached.$transaction(async (tx) => tx.$cache.queryRaw({ models: ["Product"] })`SELECT 1`);
// @ts-expect-error: no such model
cached.$cache.queryRaw({ models: ["Prodct"] });
// @ts-expect-error: no such option
cached.$cache.queryRaw({ model: "Product" });
// @ts-expect-error: not a text
cached.$cache.queryRaw({ models: ["Product"] }, "SELECT 1");
