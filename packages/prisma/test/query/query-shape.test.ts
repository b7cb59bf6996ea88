import * as Prisma from "@prisma/client/runtime/client";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { queryShape } from "../../src/query/query-shape.js";
import { sqlShape } from "../../src/query/sql-shape.js";

const NAMES = new Set([
  "id",
  "name",
  "price",
  "category",
  "categoryId",
  "orderId_productId",
  "orderId",
  "productId",
  "meta",
]);
const shape = (args: unknown) => queryShape(args, (text) => NAMES.has(text));

test.each<[unknown, string]>([
  [undefined, "{}"],
  [{}, "{}"],
  [{ take: 10, where: { id: 42 } }, "{ where: { id: ? }, take: ? }"],
  [{ where: { price: { lt: 3, gte: new Prisma.Decimal(1) } } }, "{ where: { price: { gte: ?, lt: ? } } }"],
  [{ where: { id: { in: [1, 2, 3] } } }, "{ where: { id: { in: [?] } } }"],
  [{ where: { id: { in: [] } } }, "{ where: { id: { in: [] } } }"],
  [{ where: { OR: [{ id: 1 }, { id: 2 }, { name: "a" }] } }, "{ where: { OR: [{ id: ? }, { name: ? }] } }"],
  [{ where: { name: null, id: undefined, price: Prisma.skip } }, "{ where: { name: ? } }"],
  [
    { where: { orderId_productId: { orderId: 1, productId: 2n } } },
    "{ where: { orderId_productId: { orderId: ?, productId: ? } } }",
  ],
  [
    { select: { id: true, name: false, category: { where: { id: 1 }, select: { id: true }, take: 3 } } },
    "{ select: { category: { where: { id: ? }, select: { id: true }, take: ? }, id: true, name: false } }",
  ],
  [{ include: { category: true }, omit: { price: true } }, "{ include: { category: true }, omit: { price: true } }"],
  [
    { orderBy: [{ price: "desc" }, { name: { sort: "asc", nulls: "last" } }], distinct: ["name"] },
    "{ orderBy: [{ price: desc }, { name: { nulls: last, sort: asc } }], distinct: [name] }",
  ],
  [
    { by: ["categoryId"], _count: true, _sum: { price: true }, having: { price: { _avg: { gt: 3 } } } },
    "{ by: [categoryId], having: { price: { _avg: { gt: ? } } }, _count: true, _sum: { price: true } }",
  ],
  [{ select: { fullName: true } }, "{ select: { ?: true } }"],
])("%o is of the shape %s", (args, expected) => {
  expect(shape(args)).toBe(expected);
});

test("the order of properties does not count", () => {
  expect(shape({ where: { name: "a", id: 1 }, take: 1 })).toBe(shape({ take: 2, where: { id: 2, name: "b" } }));
});

describe("no value is ever told", () => {
  test("not the keys of an application's JSON, nor words that mean something elsewhere", () => {
    expect(shape({ where: { meta: { equals: { "ann@example.com": 1 } } } })).toBe("{ where: { meta: { equals: ? } } }");
    expect(shape({ where: { meta: { path: ["secret", "name"], equals: true } } })).toBe(
      "{ where: { meta: { equals: ?, path: [?] } } }",
    );
    expect(shape({ where: { name: "asc", id: true, category: { name: "name" } } })).toBe(
      "{ where: { category: { name: ? }, id: ?, name: ? } }",
    );
    expect(shape({ orderBy: { _relevance: { fields: ["name"], search: "name", sort: "asc" } } })).toBe(
      "{ orderBy: { _relevance: { fields: [name], search: ?, sort: asc } } }",
    );
    expect(shape({ cursor: { name: "name" }, skip: 1 })).toBe("{ cursor: { name: ? }, skip: ? }");
  });

  test("whatever is asked", () => {
    const secret = fc.string({ minLength: 1 }).map((text) => `§${text}`);
    const { json } = fc.letrec<{ json: unknown }>((tie) => ({
      json: fc.oneof(
        { maxDepth: 4 },
        secret,
        fc.constant(Symbol.for("number")).map(() => 987_654_321),
        fc.array(tie("json"), { maxLength: 4 }),
        fc.dictionary(fc.oneof(secret, fc.constantFrom(...NAMES, "AND", "equals", "select")), tie("json"), {
          maxKeys: 4,
        }),
      ),
    }));
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom("where", "select", "orderBy", "take", "cursor"), json), (args) => {
        expect(shape(args)).not.toMatch(/§|987654321/);
      }),
      { numRuns: 1000 },
    );
  });
});

test("a long one is cut, and is told apart all the same", () => {
  const wide = (last: string) => ({
    where: {
      OR: [...NAMES].flatMap((name) => ["lt", "gt", "not", "in"].map((op) => ({ [name]: { [op]: 1, [last]: 2 } }))),
    },
  });
  const [one, other] = [shape(wide("equals")), shape(wide("contains"))];
  expect(one.length).toBeLessThan(320);
  expect(one).toMatch(/… #\w+$/);
  expect(one).not.toBe(other);
});

describe("SQL", () => {
  const sql = (text: string, provider = "postgresql") => sqlShape(text, provider, (name) => NAMES.has(name));
  test.each([
    [
      `SELECT p.id, avg(r.rating) FROM "Product" p WHERE p.name = 'Ann''s' AND p.price >= 12.50 LIMIT  ? `,
      "select p.id, avg (r.rating) from product p where p.name = ? and p.price >= ? limit ?",
    ],
    ["SELECT 1 -- a@b.c\n/* secret */ WHERE id IN (1, 2, 3)", "select ? where id in (?, …)"],
    ["SELECT * FROM p WHERE id = $1 AND b = $23", "select * from p where id = ? and b = ?"],
    ["SELECT $$secret$$, $tag$secret$tag$", "select ?, …"],
    ["SELECT meta ->> 'a' FROM p WHERE meta->'b'->>'c' <> 'd'", "select meta ->> ? from p where meta -> ? ->> ? <> ?"],
  ])("%s is of the shape %s", (text, expected) => {
    expect(sql(text)).toBe(expected);
  });

  test("what may be a text is none of the schema's names", () => {
    for (const provider of ["mysql", "sqlite"]) {
      expect(sql('SELECT "name" FROM p WHERE "x" = "secret"', provider)).toBe("select name from p where ? = ?");
    }
  });

  test("where it is not certain what is a text, nothing is shown", () => {
    expect(sql(String.raw`SELECT 'a\' OR secret = '`)).toBe("?");
  });
});
