// Extensions before the cache and after it, in every order.
import { cacheExtension } from "@evercache/prisma";
import { cached, cachedOmitting, plain, plainOmitting } from "./clients.ts";
import { exactly, promises, same } from "./expect.ts";
import { Prisma } from "./generated/client.ts";

const shouting = Prisma.defineExtension({
  result: { user: { shout: { needs: { name: true }, compute: (user) => `${user.name}!` } } },
});
const finding = Prisma.defineExtension({
  model: {
    $allModels: {
      async exists<T>(this: T, where: Prisma.Args<T, "findFirst">["where"]): Promise<boolean> {
        return where !== undefined;
      },
    },
  },
});
const cache = { ttl: "1m" } as const;

// A field computed
const reference = plain.$extends(shouting);
const before = plain.$extends(shouting).$extends(cacheExtension({}));
const after = plain.$extends(cacheExtension({})).$extends(shouting);
const within = plain.$extends((client) => client.$extends(cacheExtension({})).$extends(shouting));
same(reference.user.findMany(), before.user.findMany({ cache }));
same(reference.user.findMany(), after.user.findMany({ cache }));
same(reference.user.findMany(), within.user.findMany({ cache }));
same(
  reference.post.findMany({ include: { author: true } }),
  before.post.findMany({ include: { author: true }, cache }),
);
same(reference.post.findMany({ include: { author: true } }), after.post.findMany({ include: { author: true }, cache }));
same(
  reference.user.findFirst({ select: { shout: true, id: true } }),
  after.user.findFirst({ select: { shout: true, id: true }, cache }),
);
same(reference.user.findFirst({ omit: { shout: true } }), before.user.findFirst({ omit: { shout: true }, cache }));
same(reference.post.findFirst().author(), after.post.findFirst({ cache }).author());
const informed = await after.user.findFirstOrThrow({ select: { shout: true } }).withCacheInfo();
exactly<typeof informed.data, { shout: string }>(true);
// @ts-expect-error: computed there, not here
cached.user.findFirst({ select: { shout: true } });

// A field computed from what the client omits
const omitting = plainOmitting.$extends(shouting);
same(omitting.user.findMany(), cachedOmitting.$extends(shouting).user.findMany({ cache }));
same(omitting.user.findMany(), omitting.$extends(cacheExtension({})).user.findMany({ cache }));

// Methods for models, queries hooked, methods for the client
const rich = before.$extends(finding).$extends({
  name: "rich",
  query: {
    user: {
      findMany({ args, query }) {
        exactly<typeof args.take, number | undefined>(true);
        return query({ ...args, take: 10 });
      },
    },
    $allModels: {
      $allOperations({ model, args, query }) {
        exactly<typeof model, Prisma.ModelName>(true);
        return query(args);
      },
    },
  },
  model: {
    user: {
      newest() {
        // The context has the cache, too.
        return Prisma.getExtensionContext(this).findFirst({ orderBy: { id: "desc" }, cache: { tags: ["newest"] } });
      },
    },
  },
  client: {
    now() {
      const client = Prisma.getExtensionContext(this);
      client.$cache?.stats();
      return client.$queryRaw<Date[]>`SELECT now()`;
    },
  },
});
same(reference.user.findMany(), rich.user.findMany({ cache }));
same(reference.user.findFirst(), rich.user.newest());
promises<boolean>()(rich.post.exists({ title: "a" }));
promises<Date[]>()(rich.now());
// @ts-expect-error: no such field
rich.post.exists({ titel: "a" });
// @ts-expect-error: a method of another model
rich.post.newest();
// @ts-expect-error: no field to compute from
before.$extends({ result: { user: { a: { needs: { nmae: true }, compute: () => 1 } } } });
rich.$cache.stats();
rich.$extends({}).$extends({}).$cache.stats();
same(reference.user.findMany(), rich.$extends({}).$extends({}).user.findMany({ cache }));

// A method that an extension puts in the place of a read
const overridden = cached.$extends({ model: { user: { findMany: (): number => 1 } } });
exactly<ReturnType<typeof overridden.user.findMany>, number>(true);
same(plain.user.findFirst(), overridden.user.findFirst({ cache }));
same(plain.post.findMany(), overridden.post.findMany({ cache }));
const earlier = plain.$extends({ model: { user: { findMany: (): number => 1 } } }).$extends(cacheExtension({}));
exactly<ReturnType<typeof earlier.user.findMany>, number>(true);

// Prisma's helper types
exactly<Prisma.Args<typeof cached.user, "create">, Prisma.Args<typeof plain.user, "create">>(true);
exactly<Prisma.Args<typeof cached.user, "findMany">["where"], Prisma.UserWhereInput | undefined>(true);
exactly<
  Prisma.Result<typeof cached.user, { select: { id: true } }, "findMany">,
  Prisma.Result<typeof plain.user, { select: { id: true } }, "findMany">
>(true);
exactly<Prisma.Payload<typeof cached.user>["scalars"], Prisma.Payload<typeof plain.user>["scalars"]>(true);
declare const args: Prisma.Args<typeof cached.user, "findMany">;
cached.user.findMany({ ...args, cache });
declare const theirs: Prisma.UserFindManyArgs;
same(plain.user.findMany(theirs), cached.user.findMany(theirs));
