import { rowTag } from "@evercache/core";
import * as fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { effects, workedOut } from "../../src/mutation/effects.js";
import { plainUpdate } from "../../src/mutation/plain-update.js";
import type { DataModel, Field, Model } from "../../src/schema/data-model.js";
import { dataModelOf } from "../schema/prisma-oracle.js";
import { MYSQL, NASTY, SHOP } from "../schema/schemas.js";

/** A unique column may have a second index. */
const TWICE = `
datasource db {
  provider = "postgresql"
}
model Book {
  id Int @id
  code String @unique
  title String
  @@unique([code], map: "other")
}
`;

const SCHEMAS = { SHOP, NASTY, MYSQL, TWICE };

/** A value that the column may have, or one of another type. */
const VALUES = fc.oneof(
  fc.integer({ min: -5, max: 5 }),
  fc.bigInt({ min: -5n, max: 5n }),
  fc.constantFrom("a", "B", "", "a:b", "USER", "ADMIN", "550e8400-e29b-41d4-a716-446655440000"),
  fc.boolean(),
  fc.constantFrom(null, undefined, new Date(0), { equals: 1 }, { in: [1, 2] }, 1.5, Number.NaN),
);

/** A value of its type. */
function valueOf({ kind, type, enumValues }: Field): fc.Arbitrary<unknown> {
  if (kind === "enum") return fc.constantFrom(...[...enumValues].flat());
  if (type === "Boolean") return fc.boolean();
  if (type === "BigInt") return fc.bigInt({ min: -5n, max: 5n });
  return type === "String" ? fc.constantFrom("a", "B", "a:b", "550e8400-e29b-41d4-a716-446655440000") : fc.integer();
}

const ofSome = (names: readonly string[], values: fc.Arbitrary<unknown>, most = 12) =>
  fc
    .uniqueArray(fc.constantFrom(...names), { maxLength: most })
    .chain((chosen) => fc.tuple(...chosen.map((name) => fc.tuple(fc.constant(name), values))))
    .map((entries) => Object.fromEntries(entries));

function updatesOf(model: Model): fc.Arbitrary<unknown> {
  const columns = [...model.fields.values()].filter(({ kind }) => kind !== "relation").map(({ name }) => name);
  const names = [...model.fields.keys(), ...model.selectors.keys()];
  const plain = ofSome(columns, fc.oneof(fc.constantFrom(1, "a", true, null), VALUES), columns.length);
  const fields = [...model.fields.values()].filter(({ kind }) => kind !== "relation");
  const full = fc.record(
    Object.fromEntries(
      fields.map((field) => [
        field.name,
        fc.oneof({ weight: 9, arbitrary: valueOf(field) }, { weight: 1, arbitrary: fc.constant(null) }),
      ]),
    ),
  );
  const where = fc.oneof(
    full,
    fc.tuple(full, fc.nat(fields.length)).map(([all, at]) => {
      const entries = Object.entries(all);
      return { ...Object.fromEntries(entries.slice(0, at)), AND: [Object.fromEntries(entries.slice(at))] };
    }),
    plain,
    ofSome(names, VALUES),
    fc.tuple(plain, plain).map(([one, other]) => ({ ...one, AND: [other] })),
    fc.tuple(plain, plain).map(([one, other]) => ({ ...one, AND: other })),
    fc.tuple(plain, plain).map(([one, other]) => ({ ...one, OR: [other] })),
  );
  const data = fc.oneof(
    ofSome(columns, fc.oneof(VALUES, fc.constant({ increment: 1 }), fc.constant({ set: 1 })), 2),
    ofSome(names, fc.oneof(VALUES, fc.constant({ create: {} })), 3),
  );
  return fc.record({ where, data }, { requiredKeys: [] });
}

describe.each(Object.entries(SCHEMAS))("a plain update of %s", (_, schema) => {
  const dataModel = dataModelOf(schema);
  let plains = 0;
  afterAll(() => expect(plains).toBeGreaterThan(30));

  test.each([...dataModel.models.keys()])("of %s changes what it is worked out to change", (name) => {
    const model = dataModel.models.get(name)!;
    fc.assert(
      fc.property(updatesOf(model), (args) => {
        const plain = plainUpdate(dataModel, model, args);
        if (!plain) return;
        plains++;
        const write = { model: name, operation: "update", args };
        const full = workedOut(dataModel, write);
        expect(full).toMatchObject({ changed: plain, fenced: [] });
        expect(full.isCertainOnlyBehindFence ?? false).toBe(false);
        expect(full.args).toBe(args);
        expect(full.after({ id: 1 })).toEqual({ changed: [], unchanged: [] });
      }),
      { numRuns: 400 },
    );
  });
});

const BOOKS = `
datasource db {
  provider = "postgresql"
}
model Shelf {
  id Int @id
  code String @unique
  books Book[]
}
model Book {
  id Int @id
  isbn String? @unique
  title String
  shelfId Int?
  sold Boolean
  edited DateTime @updatedAt
  shelf Shelf? @relation(fields: [shelfId], references: [id])
}
`;

describe("which updates are plain", () => {
  const model = (dataModel: DataModel) => dataModel.models.get("Book")!;
  const books = dataModelOf(BOOKS);
  const known = { id: 1, isbn: "a", shelfId: 7, sold: true };
  const title = { title: "B" };
  const of = (where: unknown, data: unknown, dataModel = books) =>
    plainUpdate(dataModel, model(dataModel), { where, data });

  test("those of rows of which all is known that finds them, and that move nothing", () => {
    const all = ["Book:any", "Book:field:shelfId=7", "Book:field:sold=true", "Book:row:1", "Book:unique:isbn=a"];
    expect(of(known, title)).toEqual(all);
    expect(of({ id: 1, isbn: "a", sold: true, AND: [{ shelfId: 7 }] }, title)).toEqual(all);
    expect(of({ id: 1, sold: true, AND: [{ shelfId: null, isbn: null }] }, title)).toEqual([
      "Book:any",
      "Book:field:shelfId=~",
      "Book:field:sold=true",
      "Book:row:1",
    ]);
    expect(effects(books, { model: "Book", operation: "update", args: { where: known, data: title } }).changed).toEqual(
      all,
    );
  });

  test("what is known of the selector is taken as it is, and what the data moves is looked at all the same", () => {
    const args = (data: object) => ({ where: known, data });
    const tags = [rowTag("Book", ["1"])];
    expect(plainUpdate(books, model(books), args(title), () => tags)).toBe(tags);
    expect(plainUpdate(books, model(books), args(title), () => null)).toBeNull();
    expect(plainUpdate(books, model(books), args({ sold: false }), () => tags)).toBeNull();
    const write = { model: "Book", operation: "update", args: args(title), recalledTags: () => tags };
    expect(effects(books, write).changed).toBe(tags);
  });

  test.each([
    ["something is unknown", { id: 1, isbn: "a", sold: true }, title],
    ["a column is written by which readers find rows", known, { sold: false }],
    ["a key is", known, { isbn: "b" }],
    ["a relation is", known, { shelf: { disconnect: true } }],
    ["another filter is beside", { ...known, title: { contains: "x" } }, title],
    ["there is an alternative", { ...known, OR: [{ title: "x" }] }, title],
    ["a column is named twice", { ...known, AND: [{ sold: false }] }, title],
    ["there are two more filters", { ...known, AND: [{}, {}] }, title],
    ["there is no data", known, undefined],
  ])("none where %s", (_, where, data) => {
    expect(of(where, data)).toBeNull();
  });

  test("none of a model whose writes are said to reach others, or that has volatile columns", () => {
    for (const tracking of [{ alsoWrites: ["Shelf"] }, { volatile: ["title"] }]) {
      const other = { ...books, models: new Map(books.models) };
      const book = model(books);
      other.models.set("Book", { ...book, tracking: { ...book.tracking, ...tracking } });
      expect(of(known, title, other)).toBeNull();
    }
  });
});
