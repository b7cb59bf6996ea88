import { Decimal } from "@prisma/client/runtime/client";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CodecCache } from "../../src/codec/codec-cache.js";
import { COLUMNS } from "../../src/codec/compiled-codec.js";
import { prismaCodec } from "../../src/codec/prisma-codec.js";
import { resultShape, type ShapedQuery } from "../../src/codec/result-shape.js";
import { RowLayouts } from "../../src/codec/row-layout.js";
import { SelectionTree } from "../../src/codec/selection-tree.js";
import { spellSlot } from "../../src/codec/shape.js";
import { parseSchema } from "../../src/schema/parse-schema.js";
import { differenceInKind } from "./same-in-kind.js";

const dataModel = parseSchema(`
datasource db {
  provider = "postgresql"
}
model User {
  id    Int    @id
  name  String
  price Decimal
  posts Post[]
  fans  User[] @relation("fans")
  idols User[] @relation("fans")
}
model Post {
  id       Int  @id
  authorId Int
  author   User @relation(fields: [authorId], references: [id])
}
`);

const read = (operation: string, args: unknown, dataPath?: readonly string[]): ShapedQuery => ({
  model: "User",
  operation,
  args,
  dataPath,
});

const spelled = (query: ShapedQuery): string | null => {
  const slot = resultShape({ dataModel }, query);
  return slot && spellSlot(slot);
};

const cache = () => new CodecCache({ dataModel, other: prismaCodec() });

describe("the codec of a query", () => {
  test("is the same whatever is filtered, ordered and taken", () => {
    const codecs = cache();
    const posts = { where: { id: 1 }, take: 3, orderBy: { id: "asc" } };
    const pairs: [ShapedQuery, ShapedQuery][] = [
      [read("findMany", {}), read("findMany", { where: { id: 1 }, take: 2, select: undefined })],
      [read("findMany", undefined), read("findMany", { orderBy: { id: "asc" } })],
      [read("findFirst", { include: { posts: true } }), read("findFirst", { include: { posts: posts, fans: false } })],
      [read("count", {}), read("count", { where: { id: 1 } })],
      [
        read("aggregate", { _sum: { price: true } }),
        read("aggregate", { _sum: { price: true, id: false }, where: { id: 1 }, take: 1 }),
      ],
    ];
    for (const [one, two] of pairs) {
      expect(codecs.of(one)).not.toBeNull();
      expect(codecs.of(two)).toBe(codecs.of(one));
    }
  });

  test("is another one wherever the result looks otherwise", () => {
    const selection = (depth: number): fc.Arbitrary<object> => {
      const flags = fc.constantFrom(true, false, undefined);
      const below = depth === 0 ? flags : fc.oneof(flags, selection(depth - 1), fc.constant({ where: {} }));
      const names = fc.record({ id: flags, name: flags, price: flags }, { requiredKeys: [] });
      const related = fc.record({ posts: flags, fans: below, idols: below, _count: flags }, { requiredKeys: [] });
      return fc.oneof(
        fc.tuple(names, related).map(([a, b]) => ({ select: { ...a, ...b } })),
        fc.tuple(related, names).map(([include, omit]) => ({ include, omit })),
        names.map((omit) => ({ omit })),
      );
    };
    const queries = fc.oneof(
      fc
        .tuple(fc.constantFrom("findMany", "findFirst"), selection(2))
        .map(([operation, args]) => read(operation, args)),
      selection(1).map((args) => read("findUnique", { select: { fans: args } }, ["select", "fans"])),
      fc
        .record(
          {
            by: fc.oneof(fc.constantFrom("id", "name"), fc.subarray(["id", "name", "price"])),
            _count: fc.oneof(fc.constant(true), fc.constant({ _all: true }), fc.constant({ id: true })),
            _sum: fc.record({ id: fc.boolean(), price: fc.boolean() }),
            _max: fc.record({ id: fc.boolean(), name: fc.boolean() }),
          },
          { requiredKeys: ["by"] },
        )
        .map((args) => read("groupBy", args)),
    );
    fc.assert(
      fc.property(fc.array(queries, { maxLength: 20 }), (drawn) => {
        const tree = new SelectionTree<string | null>(1000);
        for (const query of drawn) {
          const leaf = tree.find(query);
          const shape = spelled(query);
          if (leaf.known === undefined) leaf.known = shape;
          tree.keep(leaf);
          expect(leaf.known).toBe(shape);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("is another one where the same names stand elsewhere", () => {
    const codecs = cache();
    const pairs: [object, object][] = [
      [
        { select: { fans: { select: { id: true } }, idols: true } },
        { select: { fans: { select: { id: true, idols: true } } } },
      ],
      [{ include: { fans: true } }, { select: { fans: true } }],
      [{ select: { id: true } }, { omit: { id: true } }],
      [{ omit: { id: false } }, { omit: { id: true } }],
      [{ include: { fans: { omit: { id: true } } } }, { include: { fans: true }, omit: { id: true } }],
    ];
    for (const [one, two] of pairs) {
      expect(codecs.of(read("findMany", two))).not.toBe(codecs.of(read("findMany", one)));
    }
  });

  test("reads what another order of the same selection has written, as it was", () => {
    const codecs = cache();
    const one = codecs.of(read("findMany", { select: { name: true, id: true } }))!;
    const two = codecs.of(read("findMany", { select: { id: true, name: true } }))!;
    const rows = [{ name: "Ada", id: 1 }];
    expect(differenceInKind(two.decode(one.encode(rows)), rows)).toBeNull();
  });

  test("is none for what has no shape", () => {
    const codecs = cache();
    const endless: Record<string, unknown> = {};
    endless["include"] = { fans: endless };
    for (const query of [
      read("findMany", { select: "all" }),
      read("findMany", 5),
      read("update", {}),
      read("findMany", endless),
    ]) {
      expect(codecs.of(query)).toBeNull();
      expect(codecs.of(query)).toBeNull();
    }
  });

  test("has the name of the format, whatever its shape", () => {
    const codecs = cache();
    expect(codecs.of(read("findMany", {}))?.name).toBe(codecs.name);
    expect(codecs.of(read("count", {}))?.name).toBe(codecs.name);
    expect(codecs.name).toBe(`columns-1+${prismaCodec().name}`);
  });
});

test("selections are forgotten, the least recently used first, with all that led to them", () => {
  const tree = new SelectionTree<number>(3);
  const query = (n: number) => read("findMany", { select: { [`a${n}`]: true, [`b${n}`]: { select: { c: true } } } });
  const visit = (n: number): number | undefined => {
    const leaf = tree.find(query(n));
    const { known } = leaf;
    if (known === undefined) {
      leaf.known = n;
      tree.keep(leaf);
    }
    return known;
  };
  for (const n of [1, 2, 3]) expect(visit(n)).toBeUndefined();
  const full = tree.words;
  expect(visit(1)).toBe(1);
  expect(visit(4)).toBeUndefined();
  expect(visit(1)).toBe(1);
  expect(visit(2)).toBeUndefined();
  for (let n = 5; n < 200; n++) visit(n);
  expect(tree.size).toBe(3);
  expect(tree.words).toBe(full);
});

test("a table of very many columns", () => {
  const names = Array.from({ length: 400 }, (_, i) => `column${i}`);
  const wide = parseSchema(
    `datasource db {\n provider = "sqlite"\n}\nmodel Wide {\n id Int @id\n ${names.join(" Decimal?\n ")} Int\n}`,
  );
  const rows = [1, 2, 3].map((id) => ({
    id,
    ...Object.fromEntries(names.map((name, i) => [name, i === 399 ? i : i % id === 0 ? null : new Decimal(i)])),
  }));
  for (const generatesCode of [true, false]) {
    const codec = new CodecCache({ dataModel: wide, other: prismaCodec(), generatesCode }).of({
      model: "Wide",
      operation: "findMany",
      args: {},
    })!;
    const bytes = codec.encode(rows);
    expect(bytes[1]).toBe(COLUMNS);
    const decoded = codec.decode(bytes);
    expect(differenceInKind(decoded, rows)).toBeNull();
    expect(differenceInKind(codec.prepare!(bytes)(), rows)).toBeNull();
    const turned = rows.map((row) => Object.fromEntries(Object.entries(row).toReversed()));
    expect(differenceInKind(codec.decode(codec.encode(turned)), turned)).toBeNull();
  }
});

test("rows in more orders than are remembered", () => {
  const codec = cache().of(
    read("findMany", { select: { id: true, name: true, price: true, posts: true, fans: { select: { id: true } } } }),
  )!;
  const row = { id: 1, name: "Ada", price: new Decimal(1), posts: [], fans: [{ id: 2 }] };
  const orders = fc.sample(fc.shuffledSubarray(Object.entries(row), { minLength: 5 }), 60);
  for (const order of orders) {
    const rows = [Object.fromEntries(order), Object.fromEntries(order)];
    const bytes = codec.encode(rows);
    expect(bytes[1]).toBe(COLUMNS);
    expect(differenceInKind(codec.decode(bytes), rows)).toBeNull();
  }
});

test("so many orders are remembered, and no more", () => {
  const columns = ["a", "b", "c", "d", "e"].map((name) => ({
    name,
    shape: { kind: "number" as const },
    isNullable: false,
    isOptional: false,
  }));
  const layouts = new RowLayouts({ kind: "row", columns }, true, ({ name }) => name);
  const orders = fc.sample(fc.shuffledSubarray(["a", "b", "c", "d", "e"], { minLength: 5 }), 200);
  const remembered = new Set(orders.filter((order) => layouts.ofNames(order) === layouts.ofNames(order)).map(String));
  // And the order of the shape itself.
  expect(remembered.size).toBeLessThanOrEqual(16 + 1);
  expect(orders.every((order) => layouts.ofNames(order)?.columns.join() === order.join())).toBe(true);
});
