import type { Codec } from "@evercache/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CodecCache } from "../../packages/prisma/src/codec/codec-cache.js";
import { COLUMNS } from "../../packages/prisma/src/codec/compiled-codec.js";
import { prismaCodec } from "../../packages/prisma/src/codec/prisma-codec.js";
import { dataPathOf, type HookCall } from "../../packages/prisma/src/client/hook.js";
import { readInternals } from "../../packages/prisma/src/client/internals.js";
import { isRead } from "../../packages/prisma/src/client/operation.js";
import type { GlobalOmit } from "../../packages/prisma/src/mutation/returned-row.js";
import { readDataModel } from "../../packages/prisma/src/schema/read-data-model.js";
import { differenceInKind } from "../../packages/prisma/test/codec/same-in-kind.js";
import { createClient, providers, testClient, type Provider, type TestClient } from "../setup/client.js";
import { Prisma, type PrismaClient } from "../setup/generated/postgresql/client.js";
import { READS, seededRandom } from "./shop-queries.js";

/** What became of the result of one read. */
interface Outcome {
  readonly query: string;
  /** `columns`: by its shape; `other`: it was of another one; `no shape`: it was not even tried. */
  readonly as: "columns" | "other" | "no shape";
  readonly difference: string | null;
}

/** A client whose reads go through their codec, beneath all other extensions, and what became of each. */
function observed(client: PrismaClient, generatesCode = true) {
  const outcomes: Outcome[] = [];
  const { runtimeDataModel, schemaText, provider, globalOmit, neededBy } = readInternals(client);
  const { dataModel } = readDataModel({ runtimeDataModel, schemaText, provider });
  const other = prismaCodec();
  const codecs = new CodecCache({ dataModel, globalOmit: globalOmit as GlobalOmit, neededBy, other, generatesCode });
  const observe = async (call: HookCall) => {
    const { model, operation, args } = call;
    const before = structuredClone(args);
    const result = await call.query(args);
    if (model === undefined || !isRead(operation)) return result;
    const codec = codecs.of({ model, operation, args: before, dataPath: dataPathOf(call) });
    const query = `${model}.${operation} ${JSON.stringify(before, (_, v: unknown) => (typeof v === "bigint" ? `${v}n` : v))}`;
    outcomes.push(codec ? { query, ...outcomeOf(codec, result) } : { query, as: "no shape", difference: null });
    return result;
  };
  const prisma = client.$extends({ query: { $allOperations: observe as never } }) as unknown as PrismaClient;
  return { prisma, outcomes };
}

function outcomeOf(codec: Codec, result: unknown): Omit<Outcome, "query"> {
  const bytes = codec.encode(result);
  const decoded = codec.decode(bytes);
  const copy = codec.prepare!(bytes)();
  return {
    as: bytes[1] === COLUMNS ? "columns" : "other",
    difference: differenceInKind(decoded, result) ?? differenceInKind(copy, result),
  };
}

async function seeded(provider: Provider): Promise<TestClient> {
  const client = await createClient(provider, { isSeeded: true });
  const { prisma } = client;
  await prisma.profile.update({
    where: { userId: 1 },
    data: { avatar: Uint8Array.from([0, 255, 1]), settings: { theme: "dark", sizes: [1, 2.5, null] } },
  });
  await prisma.product.update({
    where: { id: 1 },
    data: { price: new Prisma.Decimal("0.1000000000000000055"), image: Buffer.from("image"), weight: -0.5 },
  });
  return client;
}

const WELL = { as: "columns", difference: null };

describe.each(providers())("on %s", (provider) => {
  let client: TestClient;
  beforeAll(async () => {
    client = await seeded(provider);
  });
  afterAll(() => client.close());

  test.each([true, false])("every read of the shop has a shape, code generation: %s", async (generatesCode) => {
    const { prisma, outcomes } = observed(client.prisma, generatesCode);
    const random = seededRandom(7);
    for (let round = 0; round < 4; round++) {
      for (const read of READS) await read(random)(prisma);
    }
    expect(outcomes.length).toBeGreaterThanOrEqual(READS.length * 4);
    expect(outcomes.filter(({ as, difference }) => as !== "columns" || difference !== null)).toEqual([]);
  });

  const reads: readonly [string, (p: PrismaClient) => PromiseLike<unknown>][] = [
    [
      "columns in another order",
      (p) => p.product.findMany({ select: { sku: true, price: true, id: true, name: false } }),
    ],
    [
      "relations in another order",
      (p) =>
        p.product.findMany({ include: { _count: true, tags: true, category: true, supplier: { omit: { id: true } } } }),
    ],
    [
      "counts of some relations, first",
      (p) =>
        p.product.findMany({
          select: { _count: { select: { tags: true, lines: { where: { quantity: 1 } } } }, id: true },
        }),
    ],
    ["nothing found", (p) => p.product.findFirst({ where: { id: -1 }, include: { tags: true } })],
    ["no rows", (p) => p.product.findMany({ where: { id: -1 } })],
    ["left out", (p) => p.product.findMany({ omit: { views: true, name: false } })],
    [
      "relations that are not asked for",
      (p) => p.product.findFirst({ include: { tags: false, category: undefined as never } }),
    ],
    [
      "an aggregate of nothing",
      (p) => p.order.aggregate({ _sum: { id: true, total: true }, _avg: { id: true, total: true }, where: { id: -1 } }),
    ],
    [
      "an aggregate of everything",
      (p) =>
        p.product.aggregate({
          _sum: { stock: true, price: true, weight: true },
          _avg: { price: true, stock: true, weight: true },
          _min: { sku: true, createdAt: true, weight: true },
          _max: { name: true, id: true, price: true },
          _count: { _all: true, categoryId: true, name: false as never },
        }),
    ],
    [
      "sums of big integers",
      (p) => p.order.aggregate({ _sum: { id: true }, _avg: { id: true }, _max: { id: true, status: true } }),
    ],
    ["groups", (p) => p.product.groupBy({ by: ["published", "categoryId"], _count: true, _max: { createdAt: true } })],
    [
      "groups by one, with counts",
      (p) => p.order.groupBy({ _sum: { total: true }, by: "status", _count: { _all: true, note: true } }),
    ],
    ["groups, nothing else", (p) => p.product.groupBy({ by: ["supplierId"] })],
    ["counts of columns", (p) => p.product.count({ select: { name: true, _all: true, categoryId: true } })],
    ["a fluent list of nobody", (p) => p.product.findUnique({ where: { id: 99 } }).tags()],
    ["a fluent row of nobody", (p) => p.product.findUnique({ where: { id: 99 } }).category()],
    [
      "a longer path",
      (p) =>
        p.order
          .findUnique({ where: { id: 1n } })
          .user()
          .reviews({ select: { rating: true, product: true } }),
    ],
    [
      "a path that ends in a row",
      (p) =>
        p.order
          .findUnique({ where: { id: 1n } })
          .user()
          .profile({ omit: { bio: true } }),
    ],
    [
      "deep",
      (p) =>
        p.country.findMany({
          include: {
            addresses: {
              select: {
                user: {
                  include: {
                    orders: {
                      include: { lines: { include: { product: { select: { tags: true, attributes: true } } } } },
                    },
                  },
                },
              },
            },
          },
        }),
    ],
  ];

  test.each(reads)("%s", async (_, read) => {
    const { prisma, outcomes } = observed(client.prisma);
    await read(prisma);
    expect(outcomes).toMatchObject([WELL]);
  });

  test("what the client leaves out of all results, and what one query wants of it", async () => {
    const omitting = await testClient(provider, {
      database: client.database,
      omit: { user: { password: true, email: true } },
    });
    const { prisma, outcomes } = observed(omitting.prisma);
    await prisma.user.findMany();
    await prisma.user.findFirst({ omit: { email: false, name: true } });
    await prisma.user.findFirst({ omit: { email: undefined as never } });
    await prisma.order.findMany({ include: { user: true } });
    await prisma.user.findMany({ select: { password: true } });
    expect(outcomes).toMatchObject([WELL, WELL, WELL, WELL, WELL]);
  });

  test("columns that computed fields need", async () => {
    const label = {
      needs: { sku: true, name: true },
      compute: ({ sku, name }: { sku: string; name: string }) => sku + name,
    };
    const chained = { needs: { label: true }, compute: ({ label: known }: { label: string }) => `${known}!` };
    const one = { compute: () => 1 };
    const computing = client.prisma
      .$extends({ result: { product: { label, one } } })
      .$extends({ result: { product: { chained: chained as never } } });
    const { prisma, outcomes } = observed(computing as unknown as PrismaClient);
    await prisma.product.findFirst();
    await prisma.product.findFirst({ select: { label: true, id: true } as never });
    await prisma.product.findFirst({ select: { one: true, id: true } as never });
    await prisma.product.findFirst({ select: { chained: true, id: true } as never });
    await prisma.product.findMany({ omit: { sku: true, id: true } });
    await prisma.product.findMany({ omit: { sku: true, label: true, chained: true } as never });
    await prisma.category.findMany({ select: { products: { select: { label: true } as never } } });
    expect(outcomes).toMatchObject([WELL, WELL, WELL, WELL, WELL, WELL, WELL]);
  });
});
