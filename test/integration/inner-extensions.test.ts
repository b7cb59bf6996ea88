import { cacheExtension, type CacheEvent } from "@evercache/prisma";
import { describe, expect, onTestFinished, test } from "vitest";
import { redisUrl, testShop } from "../setup/client.js";
import { settled as allSettled } from "../setup/settled.js";
import { Prisma, type PrismaClient } from "../setup/generated/postgresql/client.js";

let namespaces = 0;

async function shop(options: { innerExtensions?: "uncached" | "trusted" } = {}) {
  const { prisma: plain } = await testShop("postgresql");
  const namespace = `inner-extensions-${process.pid}-${namespaces++}`;
  const patient = { deadline: "10s", writeDeadline: "10s" } as const;
  const cached = plain.$extends(cacheExtension({ redis: redisUrl(), namespace, ...patient, ...options }));
  const warnings: CacheEvent[] = [];
  cached.$cache.on("event", (event) => event.type === "warning" && warnings.push(event));
  onTestFinished(() => cached.$cache.disconnect());
  const stored = () => allSettled(cached);
  /** Prisma's own `$extends`, past the cache's. */
  const past = (client: unknown, extension: object) => plain.$extends.call(client as PrismaClient, extension);
  return {
    plain,
    cached,
    warnings,
    settled: stored,
    past: past as unknown as (...args: Parameters<typeof past>) => PrismaClient,
  };
}

type Shop = Awaited<ReturnType<typeof shop>>;

/** Shows each reader the user of its own. */
const onlyUser2 = {
  name: "only user 2",
  query: {
    user: {
      findMany: ({ args, query }: { args: { where?: object }; query: (args: object) => Promise<unknown> }) =>
        query({ ...args, where: { ...args.where, id: 2 } }),
    },
  },
};
const idsOf = async (client: Pick<PrismaClient, "user">) => (await client.user.findMany()).map(({ id }) => id);

const WAYS: readonly [string, (shop: Shop) => PrismaClient][] = [
  ["Prisma's own $extends, called on the cached client", ({ cached, past }) => past(cached, onlyUser2)],
  [
    "the $extends of a client below, that an extension has kept",
    ({ plain, cached }) => {
      const keeping = cached.$extends({
        client: {
          restricted(extension: object): PrismaClient {
            return plain.$extends.call(Prisma.getExtensionContext(this) as never, extension) as never;
          },
        },
      });
      return keeping.restricted(onlyUser2);
    },
  ],
  [
    "an extension that is a function, and does so",
    ({ cached, past }) => cached.$extends((client: unknown) => past(client, onlyUser2)) as never,
  ],
  [
    "$extends of the $parent",
    ({ cached }) => (cached as unknown as { $parent: PrismaClient }).$parent.$extends(onlyUser2) as never,
  ],
  [
    "after an extension that the cache knows",
    ({ cached, past }) => past(cached.$extends({ model: { user: { hello: () => "hello" } } }), onlyUser2),
  ],
  [
    "after an extension without hooks that came the same way",
    ({ cached, past }) => past(past(cached, { client: { hello: () => "hello" } }), onlyUser2),
  ],
  [
    "and another one after it",
    ({ cached, past }) => past(cached, onlyUser2).$extends({ client: { hello: () => "hello" } }) as never,
  ],
];

describe.each(WAYS)("a query extension inside the cache, by %s", (_, apply) => {
  test("is run, is reported once, and its reads are not cached", async () => {
    const all = await shop();
    const { plain, cached, warnings, settled } = all;
    const everybody = await idsOf(plain);
    expect(everybody.length).toBeGreaterThan(1);
    expect(await idsOf(cached)).toEqual(everybody);
    await settled();

    const [inner, again] = [apply(all), apply(all)];
    for (const client of [inner, inner, again]) expect(await idsOf(client)).toEqual([2]);
    expect(cached.$cache.stats().reads.bypassReasons).toEqual({ "inner-extension": 3 });
    expect(await idsOf(cached)).toEqual(everybody);
    expect(cached.$cache.stats().reads.hit).toBe(1);
    await expect
      .poll(() => warnings)
      .toEqual([
        expect.objectContaining({ code: "INNER_EXTENSION", message: expect.stringMatching(/"only user 2".*trusted/s) }),
      ]);

    expect(await cached.$cache.explain(inner.user.findMany())).toMatchObject({
      kind: "read",
      verdict: "bypass",
      reason: "inner-extension",
    });
  });

  test("its writes go through the fence", async () => {
    const all = await shop();
    const { cached, settled } = all;
    const read = () => cached.user.findUnique({ where: { id: 1 } });
    await read();
    await settled();
    await apply(all).user.update({ where: { id: 1 }, data: { name: "changed" } });
    expect((await read())?.name).toBe("changed");
  });
});

test("one that is trusted runs on a miss, and its reads are cached", async () => {
  const { cached, past, warnings, settled } = await shop({ innerExtensions: "trusted" });
  let runs = 0;
  const counting = past(cached, {
    query: {
      user: {
        findMany({ args, query }: { args: object; query: (args: object) => Promise<unknown> }) {
          runs++;
          return query(args);
        },
      },
    },
  });
  const ids = await idsOf(counting);
  await settled();
  expect(await idsOf(counting)).toEqual(ids);
  expect(await idsOf(cached)).toEqual(ids);
  expect([runs, cached.$cache.stats().reads.hit]).toEqual([1, 2]);
  expect(warnings).toEqual([]);
});

test("on the client of a transaction", async () => {
  const { cached, past, settled } = await shop();
  const everybody = await idsOf(cached);
  await settled();
  await cached.$transaction(async (tx) => {
    const inner = past(tx, onlyUser2);
    expect(await idsOf(inner)).toEqual([2]);
    await inner.user.update({ where: { id: 2 }, data: { name: "changed" } });
    expect(await idsOf(tx as never)).toHaveLength(everybody.length);
  });
  expect((await cached.user.findUnique({ where: { id: 2 } }))?.name).toBe("changed");
});

test.each<[string, (shop: Shop) => PrismaClient]>([
  ["$extends", ({ cached }) => cached.$extends(onlyUser2) as never],
  [
    "Prisma.defineExtension with a function",
    ({ cached }) =>
      cached.$extends(Prisma.defineExtension((client) => client.$extends(onlyUser2 as never)) as never) as never,
  ],
  [
    "$extends after an extension without hooks that came past it",
    ({ cached, past }) => past(cached, { client: { hello: () => "hello" } }).$extends(onlyUser2) as never,
  ],
])("by %s an extension is outside the cache, which sees what it has rewritten", async (_, apply) => {
  const all = await shop();
  const { plain, cached, warnings, settled } = all;
  const outer = apply(all);
  expect(await idsOf(outer)).toEqual([2]);
  expect(await idsOf(cached)).toEqual(await idsOf(plain));
  await settled();
  expect(await idsOf(outer)).toEqual([2]);
  expect(cached.$cache.stats().reads).toMatchObject({ hit: 1, miss: 2, bypass: 0 });
  expect(warnings).toEqual([]);
});

test("what came past the cache without hooks is kept by the next $extends", async () => {
  const { cached, past } = await shop();
  const hello = past(cached, { client: { hello: () => "hello" } });
  const both = hello.$extends({ client: { bye: () => "bye" } }) as unknown as { hello(): string; bye(): string };
  expect([both.hello(), both.bye()]).toEqual(["hello", "bye"]);
});
