import { describe, expect, test } from "vitest";
import { sameByType } from "../integration/same-by-type.js";
import { providers, redisUrl, testShop } from "../setup/client.js";
import { Prisma, type PrismaClient } from "../setup/generated/postgresql/client.js";
import { json, markedJson } from "./naive/codecs.js";
import { naive } from "./naive/naive-cache.js";
import { hookedDatabase } from "./support/database.js";
import { evercache } from "./support/evercache.js";
import { ownNamespace, type MakeSubject } from "./support/subject.js";

/** Texts with which one codec or another marks a type, and what they end in. */
const MARKERS = [
  "___bi_haha",
  "___bi_12",
  "___decimal_1.5",
  "1n",
  "BigInt::1",
  "bigint",
  "Decimal",
  '["custom","Decimal"]',
  '{"json":{},"meta":{"values":{}}}',
  "$$type",
  '{"$type":"Bytes","value":"AA=="}',
  "data:base64,AA==",
  "2024-01-01T00:00:00.000Z",
  "undefined",
  "null",
  "-0",
  "NaN",
  "\u0001B1",
  "__proto__",
  "\u{1F600}",
  "\\u0000",
  "",
];

const ODD_JSON = [
  '{"__proto__":{"polluted":true},"a":1}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  '{"$type":"Decimal","value":"1"}',
  '{"json":1,"meta":{"values":["Date"]}}',
  '[null,{"a":[]},"1n",-1.5e300]',
  '{"a.b":1,"a\\\\.b":2,"0":3}',
  '"text"',
  "0",
] as const;

const EXACT: readonly ((prisma: PrismaClient) => PromiseLike<unknown>)[] = [
  (prisma) => prisma.product.findUnique({ where: { id: 1 } }),
  (prisma) => prisma.order.findUnique({ where: { id: 1n }, include: { lines: true, user: true } }),
  (prisma) => prisma.profile.findMany({ orderBy: { userId: "asc" } }),
  (prisma) => prisma.orderLine.aggregate({ _sum: { price: true, quantity: true }, _avg: { price: true } }),
  (prisma) => prisma.order.groupBy({ by: ["status"], _max: { id: true, placedAt: true }, _sum: { total: true } }),
];

async function prepare(plain: PrismaClient) {
  await plain.profile.update({ where: { userId: 1 }, data: { avatar: Uint8Array.from([0, 255, 1]) } });
  await plain.profile.update({ where: { userId: 2 }, data: { avatar: new Uint8Array() } });
  await plain.product.update({
    where: { id: 1 },
    data: { price: new Prisma.Decimal("0.1000000000000000055"), image: Buffer.from("image"), weight: -0.5 },
  });
}

/** How a result that comes out of the cache differs from the database's; `"not cached"` where it does not come from it. */
async function differences(
  make: MakeSubject,
  source: { plain: PrismaClient; statements(): readonly string[] },
  reads: readonly ((prisma: PrismaClient) => PromiseLike<unknown>)[],
) {
  const { prisma, settled } = make(source.plain, { redisUrl: redisUrl(), namespace: ownNamespace() });
  const found: (string | null)[] = [];
  for (const read of reads) {
    const expected = await read(source.plain);
    await read(prisma);
    await settled();
    const before = source.statements().length;
    try {
      const difference = sameByType(await read(prisma), expected);
      found.push(difference ?? (source.statements().length > before ? "not cached" : null));
    } catch (error) {
      found.push(`throws ${String(error)}`);
    }
  }
  return found;
}

describe.each(providers())("a cached result on %s", (provider) => {
  test("has the types that the database's has", async () => {
    const { prisma: plain, statements } = await testShop(provider);
    await prepare(plain);
    const found = await differences(evercache(), { plain, statements }, EXACT);
    expect(found).toEqual(EXACT.map(() => null));
  });
});

describe("a cached result", () => {
  const source = async () => {
    const { plain, statements } = await hookedDatabase();
    return { plain, statements: () => statements };
  };

  test("has other types in a naive cache, or is never cached", async () => {
    const { plain, statements } = await source();
    await prepare(plain);
    const found = await differences(naive({ codec: json }), { plain, statements }, EXACT);
    expect(found[0]).toMatch(/Decimal|price|Date/i);
    expect(found[1]).toBe("not cached");
    expect(found).not.toContain(null);
  });

  const named = (name: string) => (prisma: PrismaClient) => prisma.user.findMany({ where: { name } });

  test("may hold any text, the marks of codecs too", async () => {
    const { plain, statements } = await source();
    await plain.user.createMany({
      data: MARKERS.map((name, i) => ({ id: 100 + i, name, email: `${i}`, handle: `${name}${i}` })),
    });
    const found = await differences(evercache(), { plain, statements }, MARKERS.map(named));
    expect(found).toEqual(MARKERS.map(() => null));
  });

  test("may not in a naive cache that marks values", async () => {
    const { plain, statements } = await source();
    await plain.user.createMany({ data: MARKERS.map((name, i) => ({ id: 100 + i, name, email: `${i}` })) });
    const found = await differences(
      naive({ codec: markedJson }),
      { plain, statements },
      MARKERS.slice(0, 2).map(named),
    );
    expect(found).toEqual([expect.stringMatching(/throws SyntaxError.*haha/), expect.stringMatching(/12n/)]);
  });

  test("with odd JSON is the database's, and never reaches Object.prototype", async () => {
    const { plain } = await source();
    for (const [i, text] of ODD_JSON.entries()) {
      await plain.$executeRaw`INSERT INTO audit_log (action, detail) VALUES (${`odd ${i}`}, ${text}::jsonb)`;
    }
    const { prisma, settled } = evercache()(plain, { redisUrl: redisUrl(), namespace: ownNamespace() });
    for (const i of ODD_JSON.keys()) {
      const read = (client: PrismaClient) => client.auditLog.findMany({ where: { action: `odd ${i}` } });
      const expected = await read(plain);
      expect(JSON.stringify(expected[0]?.detail).length).toBeGreaterThan(0);
      for (let round = 0; round < 3; round++) {
        const actual = await read(prisma);
        expect(sameByType(actual, expected), ODD_JSON[i]).toBeNull();
        expect(JSON.stringify(actual[0]?.detail)).toBe(JSON.stringify(expected[0]?.detail));
        await settled();
      }
    }
    expect("polluted" in {}).toBe(false);
  });
});
