import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { plainTags } from "../../src/mutation/plain-update.js";
import { RowMemory } from "../../src/mutation/row-memory.js";
import { dataModelOf } from "../schema/prisma-oracle.js";

const SCHEMA = (provider: string) => `
datasource db {
  provider = "${provider}"
}
model Shelf {
  id Int @id
  code String? @unique
  books Book[]
}
model Book {
  id Int @id
  isbn String @unique
  title String
  shelfId Int?
  sold Boolean
  shelf Shelf? @relation(fields: [shelfId], references: [id])
}
`;
const memory = (mostRows = 10, provider = "postgresql") => new RowMemory(dataModelOf(SCHEMA(provider)), mostRows);
const BOOK = { id: 1, isbn: "a", title: "A", shelfId: 7, sold: false };
/** What is added to a selector. */
const more = (rows: RowMemory, where: object) => {
  const recalled = Object.entries(rows.recall("Book", where)?.where ?? {});
  return Object.fromEntries(recalled.filter(([name]) => !Object.hasOwn(where, name)));
};

describe("a remembered row", () => {
  test("is told by the values that find it, and by no others", () => {
    const rows = memory();
    rows.see("Book", BOOK);
    expect(rows.recall("Book", { id: 1 })?.where).toEqual({ id: 1, isbn: "a", shelfId: 7, sold: false });
    expect(rows.recall("Book", { isbn: "a" })?.where).toEqual({ isbn: "a", id: 1, shelfId: 7, sold: false });
    expect(rows.recall("Book", { id: 2 })).toBeNull();
  });

  test("says nothing of a column that the selector names already", () => {
    const rows = memory();
    rows.see("Book", BOOK);
    expect(more(rows, { id: 1, shelfId: 8 })).toEqual({ isbn: "a", sold: false });
    expect(rows.recall("Book", { id: 1, isbn: "b", shelfId: 8, sold: true })).toBeNull();
    // Both must hold: another condition of the same column is not replaced.
    const shelfId = { gt: 5 };
    expect(more(rows, { id: 1, shelfId })).toEqual({ isbn: "a", sold: false, AND: [{ shelfId: 7 }] });
    expect(rows.recall("Book", { id: 1, shelfId })?.where).toMatchObject({ shelfId });
  });

  test("is not used beside a filter that looks at other rows, or that combines others", () => {
    const rows = memory();
    rows.see("Book", BOOK);
    expect(rows.recall("Book", { id: 1, shelf: { id: 7 } })).toBeNull();
    expect(rows.recall("Book", { id: 1, OR: [{ title: "A" }] })).toBeNull();
  });

  test("is put together from partial results, no value from nowhere; null is a value", () => {
    const rows = memory();
    rows.see("Book", { id: 1, isbn: "a" });
    expect(more(rows, { id: 1 })).toEqual({ isbn: "a" });
    rows.see("Book", [{ id: 1, shelfId: null }]);
    expect(more(rows, { id: 1 })).toEqual({ isbn: "a", AND: [{ shelfId: null }] });
    rows.see("Book", { isbn: "z", shelfId: 9 });
    expect(rows.recall("Book", { isbn: "z" })).toBeNull();
  });

  test("may come with a relation", () => {
    const rows = memory();
    rows.see("Shelf", { id: 7, books: [BOOK] });
    expect(more(rows, { id: 1 })).toEqual({ isbn: "a", shelfId: 7, sold: false });
  });

  test("keeps of a write what it left alone, and gets what it returned", () => {
    const rows = memory();
    rows.see("Book", BOOK);
    rows.seeWritten("Book", { id: 1 }, { id: 1, sold: true }, new Set(["sold", "shelfId"]));
    expect(more(rows, { id: 1 })).toEqual({ isbn: "a", sold: true });
  });

  test("tells the tags that an update of it changes, as it is now, and only if all are known", () => {
    const rows = memory();
    const tags = (where: object) => rows.recall("Book", where)?.tags();
    rows.see("Book", { id: 1, isbn: "a", shelfId: null });
    expect(tags({ id: 1 })).toBeNull();
    rows.see("Book", BOOK);
    const first = ["Book:any", "Book:field:shelfId=7", "Book:field:sold=false", "Book:row:1", "Book:unique:isbn=a"];
    for (const where of [{ id: 1 }, { id: 1 }, { isbn: "a" }, { id: 1, isbn: "a" }]) expect(tags(where)).toEqual(first);
    expect(tags({ id: 1, title: { contains: "A" } })).toBeNull();
    rows.seeWritten("Book", { id: 1 }, { ...BOOK, sold: true }, new Set(["sold"]));
    expect(tags({ id: 1 })).toContain("Book:field:sold=true");
    rows.see("Book", { ...BOOK, shelfId: 8 });
    expect(tags({ id: 1 })).toContain("Book:field:shelfId=8");
  });

  test("is recalled anew for each caller, who may do with the selector what he likes", () => {
    const rows = memory();
    const expected = { id: 1, isbn: "a", sold: false, AND: [{ shelfId: null }] };
    rows.see("Book", { ...BOOK, shelfId: null });
    for (let times = 0; times < 3; times++) {
      const where = rows.recall("Book", { id: 1 })!.where as { sold?: boolean; AND: { shelfId: unknown }[] };
      expect(where).toEqual(expected);
      delete where.sold;
      Object.assign(where.AND[0] as object, { shelfId: 9 });
      where.AND.pop();
    }
  });

  test("is another than the row of another model with the same key", () => {
    const rows = memory();
    rows.see("Book", BOOK);
    rows.see("Shelf", { id: 1, code: "s" });
    expect(more(rows, { id: 1 })).toEqual({ isbn: "a", shelfId: 7, sold: false });
    expect(rows.recall("Shelf", { id: 1 })?.where).toEqual({ id: 1, code: "s" });
    rows.forget("Shelf", { id: 1 });
    expect(rows.recall("Shelf", { id: 1 })).toBeNull();
    expect(rows.recall("Book", { id: 1 })).not.toBeNull();
  });

  test("is the same however its key is written", () => {
    const rows = memory();
    rows.see("Book", BOOK);
    expect(rows.recall("Book", { id: 1n })?.where).toEqual({ id: 1n, isbn: "a", shelfId: 7, sold: false });
    rows.forget("Book", { id: 1n });
    expect(rows.recall("Book", { id: 1 })).toBeNull();
  });

  test("is what the selector said that is sent, if it says something else each time", () => {
    const rows = memory();
    rows.see("Book", [BOOK, { ...BOOK, id: 2, isbn: "b" }]);
    let asked = 0;
    const where = {
      get id() {
        return 1 + (asked++ % 2);
      },
    };
    const recalled = rows.recall("Book", where)!;
    expect(recalled.tags()).toContain(`Book:row:${String(recalled.where["id"])}`);
    expect(recalled.where["isbn"]).toBe(recalled.where["id"] === 1 ? "a" : "b");
  });

  test("goes by its new key, and by the old one no longer", () => {
    const rows = memory();
    rows.see("Book", BOOK);
    rows.seeWritten("Book", { id: 1 }, { id: 5 }, new Set(["id"]));
    expect(rows.recall("Book", { id: 1 })).toBeNull();
    expect(more(rows, { id: 5 })).toEqual({ isbn: "a", shelfId: 7, sold: false });
    rows.seeWritten("Book", { id: 5 }, { title: "x" }, new Set(["id"]));
    expect(rows.recall("Book", { id: 5 })).toBeNull();
  });

  test("is forgotten by any of its keys", () => {
    const rows = memory();
    rows.see("Book", BOOK);
    rows.forget("Book", { isbn: "a" });
    expect(rows.recall("Book", { id: 1 })).toBeNull();
  });
});

test("the rows that were seen last are remembered, and twice as many at most", () => {
  const rows = memory(2);
  rows.expectWrites("Book");
  const ids = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  for (const id of ids) rows.see("Book", { ...BOOK, id, isbn: `i${id}` });
  const known = ids.filter((id) => rows.recall("Book", { id }) !== null);
  expect(known).toEqual(expect.arrayContaining([8, 9]));
  expect(known.length).toBeLessThanOrEqual(4);
});

test("of a model that is not written, no more rows are remembered than there is room for, until one is", () => {
  const rows = memory(2);
  const books = (...ids: number[]) => ids.map((id) => ({ ...BOOK, id, isbn: `i${id}` }));
  rows.expectWrites("Shelf");
  rows.see("Book", books(1, 1, 2, 2));
  rows.see("Shelf", { id: 7, books: books(3) });
  rows.see("Book", books(4));
  expect(rows.recall("Book", { id: 4 })).toBeNull();
  expect(rows.recall("Book", { id: 3 })).toBeNull();
  for (const id of [1, 2]) expect(more(rows, { id })).toMatchObject({ isbn: `i${id}` });
  // What is remembered is as it was last seen.
  rows.see("Book", [{ ...BOOK, id: 1, isbn: "moved" }]);
  expect(more(rows, { id: 1 })).toMatchObject({ isbn: "moved" });
  rows.expectWrites("Book");
  rows.see("Book", books(3));
  rows.see("Shelf", { id: 7, books: books(4) });
  for (const id of [3, 4]) expect(more(rows, { id })).toMatchObject({ isbn: `i${id}` });
});

test("all models have room together", () => {
  const rows = memory(2);
  const ids = [1, 2, 3, 4];
  for (const model of ["Book", "Shelf"]) rows.expectWrites(model);
  for (const id of ids) {
    rows.see("Book", { ...BOOK, id, isbn: `i${id}` });
    rows.see("Shelf", { id, code: `c${id}` });
  }
  const known = ["Book", "Shelf"].flatMap((model) => ids.filter((id) => rows.recall(model, { id })));
  expect(known).toContain(4);
  expect(known.length).toBeLessThanOrEqual(4);
});

describe("whatever is seen, written and forgotten", () => {
  const dataModel = dataModelOf(`
datasource db {
  provider = "postgresql"
}
model One {
  id Int @id
  code String @unique
  size Int
  title String
  box Box? @relation(fields: [size], references: [id])
}
model Big {
  id BigInt @id
  code String @unique
  size Int
  title String
  box Box? @relation(fields: [size], references: [id])
}
model Two {
  id Int
  place Int
  code String @unique
  size Int
  title String
  box Box? @relation(fields: [size], references: [id])
  @@id([id, place])
}
model Box {
  id Int @id
  ones One[]
  bigs Big[]
  twos Two[]
}
`);
  const small = fc.integer({ min: 1, max: 3 });
  const values = {
    place: fc.constantFrom(1, 2),
    code: fc.constantFrom("a", "b", "c"),
    size: small,
    title: fc.constant("t"),
  };
  const MODELS: Readonly<Record<string, Readonly<Record<string, fc.Arbitrary<unknown>>>>> = {
    One: { id: small, ...values },
    Big: { id: fc.bigInt({ min: 1n, max: 3n }), ...values },
    Two: { id: small, ...values },
  };
  const key = (name: string, { id, place }: Readonly<Record<string, unknown>>) =>
    name === "Two" ? { id_place: { id, place } } : { id };

  test.each(Object.entries(MODELS))("the tags of a row of %s are those of the selector", (name, columns) => {
    const model = dataModel.models.get(name)!;
    let recalls = 0;
    const step = fc.record({
      act: fc.constantFrom("see", "write", "forget", "recall", "recall"),
      row: fc.record(columns, { requiredKeys: ["id", "place"] }),
      by: fc.constantFrom("key", "code", "both"),
      touched: fc.subarray(["code", "size", "title"]),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 60, size: "max" }), (steps) => {
        const rows = new RowMemory(dataModel, 2);
        for (const { act, row, by, touched } of steps) {
          const code = by === "key" ? {} : { code: row["code"] ?? "a" };
          const where = by === "code" ? code : { ...key(name, row), ...code };
          if (act === "see") rows.see(name, [row]);
          else if (act === "write") rows.seeWritten(name, where, row, new Set(touched));
          else if (act === "forget") rows.forget(name, where);
          else {
            const recalled = rows.recall(name, where);
            if (!recalled) continue;
            recalls++;
            expect(recalled.tags()).toEqual(plainTags(dataModel, model, recalled.where));
          }
        }
      }),
      { numRuns: 300 },
    );
    expect(recalls).toBeGreaterThan(300);
  });
});

test.each([
  ["postgresql", 0],
  ["mysql", 10],
  ["sqlserver", 10],
])("on %s with room for %i nothing is remembered", (provider, room) => {
  const rows = memory(room, provider);
  rows.see("Book", BOOK);
  rows.seeWritten("Book", { id: 1 }, BOOK, new Set());
  expect(rows.recall("Book", { id: 1 })).toBeNull();
});
