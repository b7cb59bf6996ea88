// Transactions of both forms, nested ones, and helpers that take a transaction's client.
import { cacheExtension } from "@evercache/prisma";
import { cached, cachedOmitting, extended, plain } from "./clients.ts";
import { exactly, promises, same } from "./expect.ts";
import type { Prisma, PrismaClient } from "./generated/client.ts";

// Both forms
same(
  plain.$transaction([
    plain.user.findMany({ select: { id: true } }),
    plain.post.count(),
    plain.tag.create({ data: { label: "a" } }),
    plain.$queryRaw<number[]>`SELECT 1`,
  ]),
  cached.$transaction([
    cached.user.findMany({ select: { id: true }, cache: false }),
    cached.post.count(),
    cached.tag.create({ data: { label: "a" } }),
    cached.$queryRaw<number[]>`SELECT 1`,
  ]),
);
promises<[number, { count: number }]>()(
  cached.$transaction([cached.user.count(), cached.user.deleteMany()], { isolationLevel: "Serializable" }),
);
same(
  plain.$transaction((tx) => tx.user.findMany({ include: { posts: true } })),
  cached.$transaction((tx) => tx.user.findMany({ include: { posts: true } })),
);
same(
  plain.$transaction(async (tx) => (await tx.user.findFirstOrThrow()).email, { maxWait: 1, timeout: 2 }),
  cached.$transaction(async (tx) => (await tx.user.findFirstOrThrow()).email, { maxWait: 1, timeout: 2 }),
);
promises<string>()(
  cached.$transaction((tx) =>
    tx.$transaction(async (inner) => (await inner.user.findFirstOrThrow({ cache: false })).email),
  ),
);
promises<number>()(
  cached
    .$extends({ client: { $one: () => 1 }, model: { user: { two: () => 2 } } })
    .$transaction(async (tx) => tx.$one() + tx.user.two()),
);
void cached.$transaction(async (tx) => {
  await tx.$cache.invalidate({ tags: ["home"] });
  const { info } = await tx.user.findFirst().withCacheInfo();
  exactly<typeof info.key, string | null>(true);
  // @ts-expect-error: a transaction's client cannot be extended
  tx.$extends;
  // @ts-expect-error: nor disconnected
  tx.$disconnect;
});
// @ts-expect-error: no query
void cached.$transaction([1]);
// @ts-expect-error: no such level
void cached.$transaction([], { isolationLevel: "Chaos" });

// Helpers. The client with the cache fits where the generated one does; Prisma's own extended clients do not.
declare function helper(tx: Prisma.TransactionClient): Promise<void>;
await helper(plain);
await helper(cached);
await plain.$transaction(helper);
await cached.$transaction(helper);
await cached.$transaction((tx) => helper(tx));
await cached.$transaction((tx) => tx.$transaction(helper));
await helper(cached.$extends({ query: { user: { findMany: ({ args, query }) => query(args) } } }));
await helper(cached.$extends({ model: { $allModels: { exists: () => true } }, client: { $one: () => 1 } }));
await helper(cached.$extends({ result: { user: { shout: { needs: { name: true }, compute: () => "!" } } } }));
await helper(
  plain
    .$extends({ result: { user: { shout: { needs: { name: true }, compute: () => "!" } } } })
    .$extends(cacheExtension({})),
);
// @ts-expect-error: Prisma's own. Once it fits, what delegate.ts does for ours is no longer needed.
await helper(extended);

// What is no such client stays none.
// @ts-expect-error: its users have no password
await helper(cachedOmitting);
// @ts-expect-error: a model's method returns something else
await helper(cached.$extends({ model: { user: { findMany: (): number => 1 } } }));
// @ts-expect-error: there is no $on on an extended client
((client: PrismaClient) => client)(cached);

// A helper's own type
type Transaction = Parameters<Parameters<typeof cached.$transaction>[0]>[0];
declare function own(tx: Transaction): void;
own(cached);
void cached.$transaction(async (tx) => own(tx));
