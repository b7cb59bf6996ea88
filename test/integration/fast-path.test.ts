import { describe, expect, test } from "vitest";
import {
  cachedShop,
  costOfHit,
  ERROR_FORMATS,
  extended,
  extendedPast,
  FAST,
  HOOKED,
  LOADED,
  onlooker,
  ROW,
  shop,
  withCache,
  type Cached,
  type Options,
  type Plain,
} from "./fast-path-clients.js";

describe.each(ERROR_FORMATS)("errors in format %s", (errorFormat) => {
  const cachedShopOf = (options: Options = {}) => cachedShop({ fastPath: true, ...options }, { errorFormat });

  describe("is used", () => {
    test("for hits of every read, and a miss asks the database once", async () => {
      const { cached, requests } = await cachedShopOf();
      const { product } = cached;
      const reads: readonly (() => PromiseLike<unknown>)[] = [
        () => product.findUnique(ROW),
        () => product.findUniqueOrThrow({ where: { id: 2 } }),
        () => product.findFirst({ where: { name: "Product 1" }, orderBy: { id: "asc" } }),
        () => product.findFirstOrThrow({ where: { name: "Product 2" }, include: { category: true } }),
        () => product.findMany({ where: { published: true }, select: { id: true, reviews: true } }),
        () => product.findMany(),
        () => product.count(),
        () => product.aggregate({ _sum: { stock: true }, _count: true }),
        () => product.groupBy({ by: ["published"], _count: true }),
      ];
      for (const read of reads) {
        expect(await requests.of(read)).toEqual(LOADED);
        expect(await requests.of(read)).toEqual(FAST);
      }
    });

    test("and prepares each read once, wherever its answer is", async () => {
      let prepared = 0;
      const scope = () => `scope ${(prepared++, 1)}`;
      const { cached, requests } = await cachedShopOf({ defaults: { l1: true }, scope });
      expect(await requests.of(() => cached.product.findUnique(ROW))).toEqual(LOADED);
      expect(prepared).toBe(1);
      expect((await requests.of(() => cached.product.findUnique(ROW))).sent).toBe(0);
      expect(prepared).toBe(2);
    });

    test("past the cache, and for what was not found", async () => {
      const { cached, requests } = await cachedShopOf({ models: { User: false } });
      expect(await requests.of(() => cached.product.findUnique({ ...ROW, cache: false }))).toEqual(LOADED);
      expect(await requests.of(() => cached.user.findUnique(ROW))).toEqual(LOADED);
      const missing = () => cached.product.findUniqueOrThrow({ where: { id: 99 } }).catch((error: Error) => error.name);
      await missing();
      expect((await requests.of(missing)).sent).toBe(0);
    });

    test("on what other extensions made of the client with methods", async () => {
      const world = await cachedShopOf();
      const more = world.cached
        .$extends({ model: { product: { cheap: () => "cheap" } } })
        .$extends({ client: { $hello: () => "hello" } });
      expect(await costOfHit(world, () => more.product.findUnique(ROW))).toEqual(FAST);
      const within = world.cached.$extends({
        model: { product: { byId: (id: number) => more.product.findUnique({ where: { id } }) } },
      });
      expect(await costOfHit(world, () => within.product.byId(1))).toEqual(FAST);
    });

    test("by a method that was taken off its delegate", async () => {
      const world = await cachedShopOf();
      const { findUnique } = world.cached.product;
      expect(await costOfHit(world, () => findUnique(ROW))).toEqual(FAST);
    });

    test("beside a query extension of another operation or model", async () => {
      const world = await cachedShopOf();
      const other = world.cached.$extends({
        query: {
          user: { findUnique: ({ args, query }) => query(args) },
          $allModels: { update: ({ args, query }) => query(args) },
          product: { findMany: ({ args, query }) => query(args) },
          $queryRaw: ({ args, query }) => query(args),
        },
      });
      expect(await costOfHit(world, () => other.product.findUnique(ROW))).toEqual(FAST);
      expect(await costOfHit(world, () => other.product.findMany())).toEqual(HOOKED);
      expect(await costOfHit(world, () => other.user.findUnique(ROW))).toEqual(HOOKED);
    });
  });

  describe("is not used", () => {
    test("with fastPath: false", async () => {
      const world = await cachedShopOf({ fastPath: false });
      expect(await costOfHit(world, () => world.cached.product.findUnique(ROW))).toEqual(HOOKED);
    });

    const APPLIED: Readonly<Record<string, (plain: Plain, part: object) => Cached>> = {
      before: (plain, part) => withCache(extended(plain, part), { fastPath: true }),
      after: (plain, part) => extended(withCache(plain, { fastPath: true }), part),
      "past $extends": (plain, part) => extendedPast(plain, withCache(plain, { fastPath: true }), part),
    };
    const PARTS: Readonly<Record<string, (hook: unknown) => object>> = {
      $allOperations: (hook) => ({ $allOperations: hook }),
      "$allModels.$allOperations": (hook) => ({ $allModels: { $allOperations: hook } }),
      "$allModels.findUnique": (hook) => ({ $allModels: { findUnique: hook } }),
      "product.$allOperations": (hook) => ({ product: { $allOperations: hook } }),
      "product.findUnique": (hook) => ({ product: { findUnique: hook } }),
    };
    test.each(Object.keys(APPLIED).flatMap((when) => Object.keys(PARTS).map((part) => [when, part] as const)))(
      "where another query extension came %s: %s",
      async (when, part) => {
        const { plain } = await shop({ errorFormat });
        let runs = 0;
        const hook = ({ args, query }: { args: object; query: (args: object) => unknown }) => {
          runs++;
          return query({ ...args, where: { id: 2 } });
        };
        const client = APPLIED[when]!(plain, { query: PARTS[part]!(hook) });
        for (const _ of [1, 2, 3]) expect((await client.product.findUnique(ROW))?.id).toBe(2);
        expect(runs).toBe(3);
      },
    );

    test("where rows have computed fields, of the model or of what it leads to", async () => {
      const world = await cachedShopOf();
      const named = world.cached.$extends({
        result: { category: { label: { needs: { name: true }, compute: ({ name }) => `<${name}>` } } },
      });
      for (const _ of [1, 2]) {
        expect((await named.category.findUnique(ROW))?.label).toBe("<Category 1>");
        const product = await named.product.findUnique({ ...ROW, include: { category: true } });
        expect(product?.category?.label).toBe("<Category 2>");
        expect((await named.product.findUnique(ROW).category())?.label).toBe("<Category 2>");
      }
      expect(await costOfHit(world, () => named.category.findUnique(ROW))).toEqual(HOOKED);
      expect(await costOfHit(world, () => named.product.findUnique(ROW))).toEqual(FAST);
      const everywhere = world.cached.$extends({
        result: { $allModels: { kind: { needs: {}, compute: () => "row" } } },
      });
      for (const _ of [1, 2]) expect((await everywhere.product.findUnique(ROW))?.kind).toBe("row");
    });

    test("in transactions, nested ones and batches", async () => {
      const { cached, requests, plain } = await cachedShopOf();
      const read = () => cached.product.findUnique(ROW);
      await read();
      await plain.product.update({ ...ROW, data: { name: "unseen" } });
      expect((await read())?.name).toBe("Product 1");
      await cached.$transaction(async (tx) => {
        expect((await tx.product.findUnique(ROW))?.name).toBe("unseen");
        const { findUnique } = tx.product;
        expect((await findUnique(ROW))?.name).toBe("unseen");
        const method = Reflect.get(cached.product, "findUnique") as (this: unknown, args: object) => Promise<unknown>;
        expect(await method.call(tx.product, ROW)).toMatchObject({ name: "unseen" });
        await tx.product.update({ ...ROW, data: { name: "inside" } });
        expect((await tx.product.findUnique(ROW))?.name).toBe("inside");
        const nested = tx as unknown as Cached;
        await nested.$transaction(async (inner) => {
          expect((await inner.product.findUnique(ROW))?.name).toBe("inside");
        });
      });
      await read();
      await plain.product.update({ ...ROW, data: { name: "unseen again" } });
      const member = read();
      const costs = await requests.of(async () => {
        const [one, two] = await cached.$transaction([member, cached.product.count()]);
        expect([one?.name, two]).toEqual(["unseen again", 5]);
      });
      expect(costs).toEqual({ taken: 2, sent: 2 });
    });

    test("while Prisma is traced", async () => {
      const { plain, requests } = await shop({ errorFormat });
      let isTraced = false;
      const tracing = (plain as unknown as { _tracingHelper: { isEnabled(): boolean } })._tracingHelper;
      tracing.isEnabled = () => isTraced;
      const cached = withCache(plain, { fastPath: true });
      const read = () => cached.product.findUnique(ROW);
      expect(await costOfHit({ requests }, read)).toEqual(FAST);
      isTraced = true;
      expect(await requests.of(read)).toEqual(HOOKED);
      isTraced = false;
      expect(await requests.of(read)).toEqual(FAST);
    });
  });

  test("explain says which way a read takes", async () => {
    const { cached } = await cachedShopOf();
    const pathOf = async (query: Parameters<typeof cached.$cache.explain>[0]) =>
      ((await cached.$cache.explain(query)) as { path?: string }).path;
    expect(await pathOf(cached.product.findUnique(ROW))).toBe("fast");
    expect(await pathOf(cached.product.findUnique({ ...ROW, cache: false }))).toBe("fast");
    expect(await pathOf(cached.product.findUnique(ROW).category())).toBe("hook");
    expect(await pathOf(cached.product.findMany({ where: { image: new Uint8Array([1]) } }))).toBe("hook");
    expect(await pathOf(cached.product.update({ ...ROW, data: { name: "x" } }))).toBeUndefined();
    const watched = extended(cached, {
      query: { product: { findMany: ({ query }: { query: () => unknown }) => query() } },
    });
    expect(await pathOf(watched.product.findMany())).toBe("hook");
    expect(await pathOf(watched.product.findUnique(ROW))).toBe("fast");
  });

  test("many misses at once become one statement", async () => {
    const { cached, counting } = await cachedShopOf();
    const { result, queries } = await counting(() =>
      Promise.all(Array.from({ length: 20 }, (_, i) => cached.product.findUnique({ where: { id: i + 1 } }))),
    );
    expect(queries).toBe(1);
    expect(result.map((row) => row?.id ?? null)).toEqual(Array.from({ length: 20 }, (_, i) => (i < 5 ? i + 1 : null)));
  });
});

describe('fastPath: "trusted"', () => {
  test("other query extensions run for misses and writes, not for hits", async () => {
    const { cached, requests } = await cachedShop({ fastPath: "trusted" }, { errorFormat: "minimal" });
    const { seen, part } = onlooker();
    const watched = extended(cached, part);
    const read = () => watched.product.findUnique(ROW);
    expect(await requests.of(read)).toEqual(LOADED);
    expect(await requests.of(read)).toEqual(FAST);
    expect(seen).toEqual(["findUnique"]);
    await watched.product.update({ ...ROW, data: { name: "new" } });
    expect((await read())?.name).toBe("new");
    expect(seen.slice(1)).toContain("update");
  });

  test("where Prisma notes for each query where the application called they run for all", async () => {
    const { cached } = await cachedShop({ fastPath: "trusted" }, { errorFormat: "colorless" });
    const { seen, part } = onlooker();
    const watched = extended(cached, part);
    for (const _ of [1, 2]) await watched.product.findUnique(ROW);
    expect(seen).toEqual(["findUnique", "findUnique"]);
  });
});
