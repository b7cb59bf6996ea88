import { randomBytes, randomUUID } from "node:crypto";
import { AsyncLocalStorage } from "node:async_hooks";
import type { RecordedQuery } from "@evercache/prisma";
import { describe, expect, onTestFinished, test } from "vitest";
import { providers, redisUrl, testShop } from "../setup/client.js";
import { Prisma } from "../setup/generated/postgresql/client.js";
import { settled } from "../setup/settled.js";
import {
  cachedShop,
  ERROR_FORMATS,
  extended,
  ROW,
  shop,
  withCache,
  type Cached,
  type Options,
  type Plain,
} from "./fast-path-clients.js";

interface Informed extends PromiseLike<unknown> {
  withCacheInfo(): Promise<{ info: { status: string; key: string | null } }>;
}
type Read = (client: Cached) => Informed;

const { DbNull, JsonNull, AnyNull, Decimal } = Prisma;

const GONE = { name: undefined } as object;

/** Of every operation, with arguments of every type. */
const READS: readonly Read[] = [
  ({ product }) => product.findUnique({ where: { id: 1 } }),
  ({ product }) => product.findUniqueOrThrow({ where: { id: 2 } }),
  ({ product }) => product.findUnique({ where: { id: 99 } }),
  ({ product }) => product.findFirst({ where: { sku: "sku1", ...GONE }, select: { name: true } }),
  ({ product }) => product.findFirstOrThrow({ where: { published: true }, include: { category: true } }),
  ({ product }) => product.findMany({ where: { price: { gt: new Decimal("10.50") } }, orderBy: { id: "asc" } }),
  ({ product }) => product.findMany({ where: { createdAt: { lt: new Date(2 ** 41) } } }),
  ({ product }) => product.findMany({ where: { image: Buffer.from([1, 255]) } }),
  ({ product }) => product.findMany({ where: { image: { not: new Uint8Array([2]) } } }),
  ({ product }) => product.findMany({ where: { stock: { lt: product.fields.views } } }),
  ({ product }) => product.findMany({ where: { NOT: { attributes: { equals: DbNull } } } }),
  ({ product }) => product.findMany({ where: { attributes: { equals: JsonNull } } }),
  ({ product }) => product.findMany({ where: { attributes: { equals: AnyNull } } }),
  ({ product }) => product.findMany({ where: { attributes: { equals: { color: "a.b", nested: [{ id: 1 }] } } } }),
  ({ product }) => product.findMany({ take: 2, orderBy: [{ id: "asc" }], cache: { ttl: "1h", tags: ["home"] } }),
  ({ order }) => order.findMany({ where: { id: { in: [1n, 2n ** 60n] } } }),
  ({ order }) => order.count(),
  ({ product }) => product.aggregate({ _sum: { stock: true }, where: { weight: { gte: -0.5 } } }),
  ({ product }) => product.groupBy({ by: ["published"], _count: true }),
  ({ order }) => order.findUnique({ where: { id: 1n } }).user(),
  ({ order }) => order.findUnique({ where: { id: 1n } }).user({ select: { name: true } }),
  ({ order }) => order.findUniqueOrThrow({ where: { id: 1n }, cache: { ttl: 60 } }).lines({ where: { position: 1 } }),
  ({ order }) =>
    order
      .findFirst({ where: { id: 1n } })
      .user()
      .profile(),
];

/** What of a recording another process reads. */
const throughJson = (queries: readonly RecordedQuery[]) => JSON.parse(JSON.stringify(queries)) as RecordedQuery[];

async function keyAndStatus(read: Read, client: Cached) {
  const { key, status } = (await read(client).withCacheInfo()).info;
  return { key, status };
}

describe.each(providers())("on %s", (provider) => {
  test("what one process records is a hit once another has warmed it", async () => {
    const { prisma } = await testShop(provider);
    const { recorder, warmer, server } = processes(prisma);
    const recording = recorder.$cache.record();
    const keys = [];
    for (const read of READS) {
      await read(recorder);
      keys.push((await keyAndStatus(read, recorder)).key);
    }
    const queries = throughJson(recording.stop());
    expect(queries).toHaveLength(READS.length);
    expect(queries.every(({ count }) => count === 2)).toBe(true);
    expect(recording.skipped).toBe(0);

    const { done, errors } = await warmer.$cache.warm(queries);
    expect(errors).toEqual([]);
    expect(done).toBe(READS.length);
    await settled(warmer);
    for (const [i, read] of READS.entries()) {
      expect([i, await keyAndStatus(read, server)]).toEqual([i, { key: keys[i], status: "hit" }]);
    }
  });
});

/** Clients of processes of one application; the recording one's Redis is another one's. */
function processes(plain: Plain, options: Options = {}) {
  const [old, now] = [`record-${randomUUID()}`, `record-${randomUUID()}`];
  const client = (namespace: string) => {
    const cached = withCache(plain, { redis: redisUrl(), namespace, ...options });
    onTestFinished(() => cached.$cache.disconnect());
    return cached;
  };
  return { recorder: client(old), warmer: client(now), server: client(now) };
}

describe.each(ERROR_FORMATS)("errorFormat: %s", (errorFormat) => {
  test.each([
    { fastPath: true },
    { fastPath: false },
    { defaults: { l1: true } },
    { defaults: { l1: { share: true } } },
  ])("reads are counted whichever way they are answered: %j", async (options) => {
    const { cached } = await cachedShop(options, { errorFormat });
    const recording = cached.$cache.record();
    for (let i = 0; i < 5; i++) {
      await cached.product.findUnique(ROW);
      await cached.product.findMany({ take: 1 });
    }
    await cached.product.findUniqueOrThrow(ROW);
    await cached.product.findUnique(ROW).withCacheInfo();
    await cached.$cache.explain(cached.product.findUnique(ROW));
    expect(recording.stop()).toEqual([
      { model: "Product", operation: "findUnique", args: ROW, count: 7 },
      { model: "Product", operation: "findMany", args: { take: 1 }, count: 5 },
    ]);
  });
});

test("what goes past the cache is not recorded, nor are writes and SQL", async () => {
  const { cached } = await cachedShop({ models: { Tag: false, Supplier: { when: () => false } } });
  const recording = cached.$cache.record();
  await cached.product.findUnique({ ...ROW, cache: false });
  await cached.$transaction(async (tx) => tx.product.findUnique(ROW));
  await cached.$transaction([cached.product.findUnique(ROW), cached.product.count()]);
  await cached.tag.findMany();
  await cached.supplier.findMany();
  await cached.product.update({ ...ROW, data: { name: "New" } });
  await cached.$queryRaw`SELECT 1`;
  await cached.$cache.queryRaw({ models: ["Product"] })`SELECT id FROM "Product"`;
  expect(recording.queries()).toEqual([]);
  expect(recording.skipped).toBe(0);
  await cached.tag.findMany({ cache: { ttl: "1m" } });
  expect(recording.queries()).toMatchObject([{ model: "Tag", args: { cache: { ttl: "1m" } } }]);
});

test("what is encrypted, names an excluded column, is very long or cannot be spelled is left out, and counted", async () => {
  const encryption = { keys: [{ id: "2026", key: randomBytes(32).toString("base64") }] };
  const models = { Profile: { encrypt: true }, User: { exclude: ["password"] } } as const;
  const { cached } = await cachedShop({ encryption, models });
  const recording = cached.$cache.record();
  await cached.profile.findMany();
  await cached.user.findMany({ select: { id: true, profile: true } });
  await cached.user.findMany({ where: { password: "secret" }, select: { id: true } });
  await cached.product.findMany({ where: { id: { in: Array.from({ length: 5000 }, (_, i) => i) } } });
  for (let i = 0; i < 2; i++) {
    await cached.product.findMany({ where: { attributes: { equals: { constructor: "a" } } } });
  }
  expect(recording.stop()).toEqual([]);
  expect(recording.skipped).toBe(5);
});

test("recordings do not touch each other, and keep no more than they are to", async () => {
  const { cached } = await cachedShop();
  const [all, hottest] = [cached.$cache.record(), cached.$cache.record({ max: 1 })];
  for (const id of [1, 2, 2, 3, 4, 5]) await cached.product.findUnique({ where: { id } });
  const stopped = hottest.stop();
  expect(stopped).toHaveLength(1);
  await cached.$cache.disconnect();
  await cached.product.findUnique({ where: { id: 6 } });
  expect(hottest.stop()).toEqual(stopped);
  expect(all.queries().map(({ count }) => count)).toEqual([2, 1, 1, 1, 1, 1]);
  expect(all.queries()[0]).toMatchObject({ args: { where: { id: 2 } } });
  expect(all.stop()).toHaveLength(6);
});

test("a client that another one became is recorded with it", async () => {
  const { cached } = await cachedShop();
  const later = extended(cached, { model: { product: { all: () => [] } } });
  const recording = cached.$cache.record();
  await later.product.findUnique(ROW);
  expect(recording.stop()).toHaveLength(1);
});

test("a query is warmed as the other extensions have made it, and they are not called for it", async () => {
  let calls = 0;
  const softDelete = {
    query: {
      $allModels: {
        $allOperations({ args, query }: { args: { where?: object }; query: (args: object) => unknown }) {
          calls++;
          return query({ ...args, where: { AND: [args.where ?? {}, { id: { not: 3 } }] } });
        },
      },
    },
    result: { product: { label: { needs: { sku: true }, compute: ({ sku }: { sku: string }) => `<${sku}>` } } },
  };
  const { plain } = await shop();
  const { recorder, warmer, server } = processes(plain);
  const [recording, clients] = [
    recorder.$cache.record(),
    [recorder, warmer, server].map((c) => extended(c, softDelete)),
  ];
  const read: Read = ({ product }) =>
    product.findMany({ where: { published: true }, select: { label: true } as object });
  const { key } = await keyAndStatus(read, clients[0]!);
  const queries = throughJson(recording.stop());
  expect(queries).toMatchObject([{ args: { where: { AND: [{ published: true }, { id: { not: 3 } }] } } }]);
  calls = 0;
  expect(await clients[1]!.$cache.warm(queries)).toMatchObject({ done: 1, failed: 0 });
  expect(calls).toBe(0);
  await settled(warmer);
  expect(await keyAndStatus(read, clients[2]!)).toEqual({ key, status: "hit" });
  const labels = ["<sku1>", "<sku2>", "<sku4>", "<sku5>"];
  expect(JSON.stringify(await read(clients[2]!))).toBe(JSON.stringify(labels.map((label) => ({ label }))));
});

test("a query is warmed in the scope that it was asked in, and in no other", async () => {
  const tenant = new AsyncLocalStorage<string>();
  const { plain } = await shop();
  const { recorder, warmer, server } = processes(plain, { scope: () => tenant.getStore() ?? "none" });
  const read: Read = ({ product }) => product.findMany();
  const recording = recorder.$cache.record();
  for (const name of ["a", "b"]) await tenant.run(name, () => read(recorder).withCacheInfo());
  const queries = throughJson(recording.stop());
  expect(queries.map(({ scope }) => scope)).toEqual(expect.arrayContaining(["a", "b"]));
  await expect(warmer.$cache.warm(queries)).rejects.toThrow(/queries\[0\]\.scope.*"none"/);
  const ofA = queries.filter(({ scope }) => scope === "a");
  expect(await tenant.run("a", () => warmer.$cache.warm(ofA))).toMatchObject({ done: 1, failed: 0 });
  await settled(warmer);
  for (const [name, status] of [
    ["a", "hit"],
    ["b", "miss"],
  ] as const) {
    expect((await tenant.run(name, () => keyAndStatus(read, server))).status).toBe(status);
  }
});

test("what is asked while the cache is paused is recorded", async () => {
  const { cached } = await cachedShop();
  const recording = cached.$cache.record();
  cached.$cache.pause();
  await cached.product.findUnique(ROW);
  expect(recording.stop()).toMatchObject([{ args: ROW }]);
});

test("warming is not recorded", async () => {
  const { cached } = await cachedShop();
  const recording = cached.$cache.record();
  await cached.$cache.warm([{ model: "Product", operation: "findMany" }]);
  expect(recording.stop()).toEqual([]);
});

test("recorded queries stand beside others, and in a generator", async () => {
  const { cached, requests } = await cachedShop();
  const read = () => cached.product.findUnique(ROW);
  const many = { model: "Product", operation: "findMany", args: { take: 1 }, count: 3 };
  expect(await cached.$cache.warm([read, many, cached.user.count()])).toEqual({ done: 3, failed: 0, errors: [] });
  expect((await requests.of(() => cached.product.findMany({ take: 1 }))).sent).toBe(0);
  const { model: _, ...withoutModel } = many;
  function* generated() {
    yield many;
    yield withoutModel as never;
  }
  await expect(cached.$cache.warm(generated())).rejects.toThrow(/a query\.model/);
});

const QUERY = { model: "Product", operation: "findMany" };
test.each<[unknown, string, RegExp]>([
  [{ ...QUERY, model: "Prodct" }, "UNKNOWN_MODEL", /queries\[1\]\.model: .*"Prodct".*Product/],
  [{ ...QUERY, model: undefined }, "UNKNOWN_MODEL", /model/],
  [{ ...QUERY, model: "toString" }, "UNKNOWN_MODEL", /model/],
  [{ ...QUERY, operation: "deleteMany" }, "NOT_A_QUERY", /"deleteMany" is no read.*findMany/],
  [{ ...QUERY, operation: "constructor" }, "NOT_A_QUERY", /no read/],
  [{ ...QUERY, operation: ["findMany"] }, "NOT_A_QUERY", /no read/],
  [{ ...QUERY, model: undefined, operation: "$executeRawUnsafe" }, "UNKNOWN_MODEL", /model/],
  [{ ...QUERY, args: [] }, "INVALID_OPTION", /args: write an object/],
  [{ ...QUERY, args: "id" }, "INVALID_OPTION", /args: write an object/],
  [
    { ...QUERY, args: { where: { id: "x" } }, types: { values: { "where.id": ["bigint"] } } },
    "INVALID_OPTION",
    /spells/,
  ],
  [
    { ...QUERY, args: { a: "Product.b" }, types: { values: { a: [["custom", "Field"]] } } },
    "INVALID_OPTION",
    /Product\.b/,
  ],
  [{ ...QUERY, args: { a: "X.b" }, types: { values: { a: [["custom", "Field"]] } } }, "INVALID_OPTION", /X\.b/],
  [{ ...QUERY, args: { cache: false } }, "INVALID_OPTION", /cache: false/],
  [{ ...QUERY, args: { cache: { tll: 1 } } }, "UNKNOWN_OPTION", /ttl/],
  [{ ...QUERY, path: ["category"] }, "UNKNOWN_FIELD", /path: "category"/],
  [{ ...QUERY, operation: "findFirst", path: ["category"] }, "UNKNOWN_FIELD", /path: "category"/],
  [
    { ...QUERY, operation: "findFirst", args: { select: { name: true } }, path: ["name"] },
    "UNKNOWN_FIELD",
    /path: "name"/,
  ],
  [{ ...QUERY, operation: "findFirst", path: "toString" }, "UNKNOWN_FIELD", /path/],
  [{ ...QUERY, scope: "a" }, "INVALID_OPTION", /scope/],
  [{ ...QUERY, arguments: {} }, "UNKNOWN_OPTION", /"arguments"/],
  [null, "INVALID_OPTION", /queries\[1\].*\$cache\.record/],
  [[QUERY], "INVALID_OPTION", /queries\[1\]/],
  ["product", "INVALID_OPTION", /queries\[1\]/],
])("a list with %j is refused before any of it runs", async (query, code, message) => {
  const { cached, requests } = await cachedShop();
  const { sent } = requests.counts;
  const warming = cached.$cache.warm([QUERY, query as never]);
  await expect(warming).rejects.toThrow(
    expect.objectContaining({ name: "EvercacheError", code, message: expect.stringMatching(message) as string }),
  );
  expect(requests.counts.sent).toBe(sent);
});

test("a read that is not cached is not run", async () => {
  const { cached, requests } = await cachedShop({ models: { Tag: false, User: { exclude: ["password"] } } });
  const { sent } = requests.counts;
  const queries = [
    { model: "Tag", operation: "findMany" },
    { model: "User", operation: "findMany" },
  ];
  const { failed, errors } = await cached.$cache.warm(queries);
  expect(failed).toBe(2);
  for (const error of errors) expect(error).toMatchObject({ code: "NOT_A_QUERY" });
  expect(String(errors[1])).toContain("User.password is excluded");
  expect(requests.counts.sent).toBe(sent);
});

test("what Prisma refuses is counted, and ends nothing", async () => {
  const { cached } = await cachedShop();
  const queries = [{ ...QUERY, args: { where: { nmae: "a" } } }, QUERY];
  expect(await cached.$cache.warm(queries)).toMatchObject({ done: 2, failed: 1 });
});

test.each([{ max: 0 }, { max: 1.5 }, { max: "10" }, { most: 10 }, 5])("record(%j) is refused", async (options) => {
  const { cached } = await cachedShop();
  expect(() => cached.$cache.record(options as never)).toThrow(expect.objectContaining({ name: "EvercacheError" }));
});
