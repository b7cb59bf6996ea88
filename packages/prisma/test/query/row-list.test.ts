import { Decimal, skip } from "@prisma/client/runtime/client";
import { describe, expect, test } from "vitest";
import { rowListOf, withRow } from "../../src/query/row-list.js";
import { dataModelOf, runtimeDataModelOf } from "../schema/prisma-oracle.js";
import { readDataModel } from "../../src/schema/read-data-model.js";

const SCHEMA = (provider: string, native = provider === "postgresql") => `
datasource db {
  provider = "${provider}"
}
enum Size {
  SMALL @map("s")
  LARGE
}
model Shelf {
  id Int @id
  books Book[]
}
model Book {
  id Int @id
  isbn String @unique
  title String
  shelfId Int?
  sold Boolean
  size Size
  pages BigInt
  price Decimal
  weight Float
  extra Json?
  cover Bytes?
  addedAt DateTime @default(now())
  readAt DateTime? ${native ? "@db.Timestamptz(6)" : ""}
  cost Decimal ${native ? "@db.Decimal(10, 2)" : ""}
  ${native ? "labels String[]" : ""}
  shelf Shelf? @relation(fields: [shelfId], references: [id])
}
model Line {
  orderId Int
  number Int
  text String
  @@id([orderId, number], name: "line")
}
model Moment {
  at DateTime @id ${native ? "@db.Timestamptz(6)" : ""}
  text String
}
`;
const models = new Map(
  ["postgresql", "mysql", "sqlite"].map((provider) => [provider, dataModelOf(SCHEMA(provider))] as const),
);

const listOf = (args: unknown, { model = "Book", operation = "findMany", provider = "postgresql" } = {}) =>
  rowListOf(models.get(provider)!, { model, operation, args });
const byId = { orderBy: { id: "asc" } };
const decisive = (args: unknown, of?: Parameters<typeof listOf>[1]) => listOf(args, of)?.decisive ?? null;

/** A column of another model, as the client spells it. */
class Reference {
  readonly _toGraphQLInputType = "String";
  constructor(
    readonly modelName: string,
    readonly name: string,
  ) {}
}

describe("the columns that say which rows are in a list, and where", () => {
  test.each<[string, unknown, readonly string[]]>([
    ["its order", byId, ["id"]],
    ["an order of several", { orderBy: [{ title: "desc" }, { id: "asc" }] }, ["title", "id"]],
    [
      "an order with nulls",
      { orderBy: [{ shelfId: { sort: "asc", nulls: "last" } }, { id: "asc" }] },
      ["shelfId", "id"],
    ],
    ["an order that is partly left out", { orderBy: [{ title: undefined, id: "asc" }] }, ["id"]],
    ["a filter", { where: { shelfId: 7 }, ...byId }, ["shelfId", "id"]],
    ["a filter for null", { where: { shelfId: null }, ...byId }, ["shelfId", "id"]],
    ["a filter by ranges", { where: { pages: { gt: 5n, lt: 9n } }, ...byId }, ["pages", "id"]],
    ["a filter by a moment", { where: { addedAt: { gt: new Date(0) } }, ...byId }, ["addedAt", "id"]],
    ["a filter by a decimal", { where: { price: { lt: new Decimal("1.5") } }, ...byId }, ["price", "id"]],
    [
      "a filter that ignores case",
      { where: { title: { contains: "a", mode: "insensitive" } }, ...byId },
      ["title", "id"],
    ],
    ["a filter that is nested", { where: { title: { not: { in: ["a", "b"] } } }, ...byId }, ["title", "id"]],
    ["a filter by an enum", { where: { size: { in: ["SMALL"] } }, ...byId }, ["size", "id"]],
    [
      "filters that are combined",
      { where: { AND: [{ sold: true }, { OR: [{ title: "a" }, { isbn: "b" }] }], NOT: { shelfId: 7 } }, ...byId },
      ["sold", "title", "isbn", "shelfId", "id"],
    ],
    ["what is left out says nothing", { where: { title: undefined, sold: skip, id: 1 }, ...byId }, ["id"]],
    ["what is left out of AND", { where: { AND: undefined, OR: skip, sold: true }, ...byId }, ["sold", "id"]],
    ["a window", { where: { sold: true }, ...byId, take: 10, skip: 20 }, ["sold", "id"]],
    ["a window from the end", { ...byId, take: -3 }, ["id"]],
    ["selections that are left out", { ...byId, select: undefined, include: undefined, omit: skip }, ["id"]],
    ["one that is named twice", { where: { id: { gt: 5 } }, ...byId }, ["id"]],
  ])("%s", (_, args, columns) => {
    expect(decisive(args)).toEqual(columns);
  });

  test("all of a compound primary key must be in the order", () => {
    const of = { model: "Line" };
    expect(listOf({ orderBy: [{ orderId: "asc" }, { number: "desc" }] }, of)).toEqual({
      primaryKey: ["orderId", "number"],
      decisive: ["orderId", "number"],
    });
    expect(listOf({ where: { orderId: 1 }, orderBy: { number: "asc" } }, of)).toBeNull();
    expect(
      listOf({ where: { line: { orderId: 1, number: 1 } }, orderBy: [{ orderId: "asc" }, { number: "asc" }] }, of),
    ).toBeNull();
  });
});

describe("nothing is certain", () => {
  test.each<[string, unknown]>([
    ["without an order", { where: { shelfId: 7 } }],
    ["without arguments", undefined],
    ["where the order is left out", { orderBy: undefined }],
    ["where rows may be equal in the order", { orderBy: { title: "asc" } }],
    ["where another unique column is in the order", { orderBy: { isbn: "asc" } }],
    ["by a relation", { where: { shelf: { id: 1 } }, ...byId }],
    ["by a relation that is not there", { where: { shelf: null }, ...byId }],
    ["by a relation in a combination", { where: { OR: [{ sold: true }, { shelf: { id: 1 } }] }, ...byId }],
    ["by the order of a relation", { orderBy: [{ shelf: { id: "asc" } }, { id: "asc" }] }],
    ["by relevance", { orderBy: [{ _relevance: { fields: ["title"], search: "a", sort: "asc" } }, { id: "asc" }] }],
    ["by another column", { where: { title: { equals: new Reference("Book", "isbn") } }, ...byId }],
    ["by another column, at once", { where: { title: new Reference("Book", "isbn") }, ...byId }],
    ["by another column in a list", { where: { title: { in: ["a", new Reference("Book", "isbn")] } }, ...byId }],
    ["by what says itself what it is", { where: { title: { toJSON: () => ({ equals: "a" }) } }, ...byId }],
    ["by JSON", { where: { extra: { path: ["a"], equals: 1 } }, ...byId }],
    ["by bytes", { where: { cover: new Uint8Array(1) }, ...byId }],
    ["by a list of values", { where: { labels: { has: "a" } }, ...byId }],
    ["by an unknown column", { where: { nothing: 1 }, ...byId }],
    ["by no filter at all", { where: 5, ...byId }],
    ["with a selection", { ...byId, select: { id: true } }],
    ["with relations", { ...byId, include: { shelf: true } }],
    ["with columns left out", { ...byId, omit: { title: true } }],
    ["with rows left out", { ...byId, distinct: ["title"] }],
    ["behind a cursor", { ...byId, cursor: { id: 1 } }],
    // What is stored may have more digits than are shown.
    ["by a floating-point number", { where: { weight: { gt: 1 } }, ...byId }],
    ["by the order of floating-point numbers", { orderBy: [{ weight: "asc" }, { id: "asc" }] }],
    ["by a moment of which more is stored than shown", { where: { readAt: { gt: new Date(0) } }, ...byId }],
    ["by the order of such moments", { orderBy: [{ readAt: "desc" }, { id: "asc" }] }],
  ])("%s", (_, args) => {
    expect(listOf(args)).toBeNull();
  });

  test.each(["findFirst", "findUnique", "count", "aggregate", "groupBy"])("of %s", (operation) => {
    expect(listOf(byId, { operation })).toBeNull();
  });

  test("of a model whose key is a moment of which more is stored than shown, or that is not known", () => {
    expect(listOf({ orderBy: { at: "asc" } }, { model: "Moment" })).toBeNull();
    expect(listOf({ orderBy: { at: "asc" } }, { model: "Moment", provider: "mysql" })).not.toBeNull();
    expect(listOf(byId, { model: "Nothing" })).toBeNull();
  });

  test("of a model of which only the graph is known", () => {
    const { dataModel } = readDataModel({ runtimeDataModel: runtimeDataModelOf(SCHEMA("postgresql")) });
    expect(rowListOf(dataModel, { model: "Book", operation: "findMany", args: byId })).toBeNull();
  });

  test("on SQLite, where a moment and a decimal have several spellings", () => {
    for (const column of ["addedAt", "price"]) {
      const args = { orderBy: [{ [column]: "asc" }, { id: "asc" }] };
      expect(listOf(args, { provider: "sqlite" })).toBeNull();
      expect(listOf(args, { provider: "mysql" })).not.toBeNull();
    }
  });

  test("but of a decimal, whatever its digits", () => {
    expect(decisive({ orderBy: [{ cost: "asc" }, { id: "asc" }] })).toEqual(["cost", "id"]);
  });
});

describe("a list with a row that was changed", () => {
  const rows = { primaryKey: ["id"], decisive: ["shelfId", "price", "addedAt", "id"] };
  const book = (id: number, changes: object = {}) => ({
    id,
    shelfId: 7,
    price: new Decimal("1.50"),
    addedAt: new Date(1000),
    title: "a",
    ...changes,
  });
  const before = [book(1), book(2), book(3)];

  test("has it in its place, and is another list", () => {
    const row = book(2, { title: "b" });
    const after = withRow(rows, before, row)!;
    expect(after).toEqual([book(1), row, book(3)]);
    expect(after[1]).toBe(row);
    expect(before).toEqual([book(1), book(2), book(3)]);
  });

  test.each<[string, object]>([
    ["an equal moment", { addedAt: new Date(1000) }],
    ["an equal decimal", { price: new Decimal("1.5") }],
    ["an equal null", {}],
  ])("%s leaves it where it is", (_, changes) => {
    const row = book(2, changes);
    expect(withRow(rows, before, row)).toEqual([book(1), row, book(3)]);
  });

  test.each<[string, unknown, unknown?]>([
    ["is not in it", book(4)],
    ["has moved", book(2, { price: new Decimal("1.51") })],
    ["has moved in time", book(2, { addedAt: new Date(1001) })],
    ["has another value", book(2, { shelfId: 8 })],
    ["has a value no more", book(2, { shelfId: null })],
    ["has a value of another type", book(2, { shelfId: "7" })],
    ["has an invalid moment", book(2, { addedAt: new Date(Number.NaN) }), [book(2, { addedAt: new Date(Number.NaN) })]],
    ["has more columns", book(2, { more: 1 })],
    ["has fewer columns", { id: 2, shelfId: 7, price: new Decimal("1.5"), addedAt: new Date(1000) }],
    ["has other columns", { ...book(2), title: undefined, name: "a" }],
    ["is none", null],
    ["is none, but several", [book(2)]],
    ["came to no list", book(2), { rows: before }],
    ["came to an empty list", book(2), []],
  ])("is not to be told where the row %s", (_, row, list = before) => {
    expect(withRow(rows, list, row)).toBeUndefined();
  });

  test("is found by all of a compound primary key", () => {
    const line = (orderId: number, number: number, text = "a") => ({ orderId, number, text });
    const lines = [line(1, 1), line(1, 2), line(2, 1)];
    const key = ["orderId", "number"];
    const changed = line(2, 1, "b");
    expect(withRow({ primaryKey: key, decisive: key }, lines, changed)).toEqual([line(1, 1), line(1, 2), changed]);
    expect(withRow({ primaryKey: key, decisive: key }, lines, line(2, 2))).toBeUndefined();
  });
});
