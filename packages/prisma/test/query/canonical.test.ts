import { runInNewContext } from "node:vm";
import * as Prisma from "@prisma/client/runtime/client";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalize, isAbsent } from "../../src/query/canonical.js";

/** As Prisma makes it for `prisma.user.fields.name`. */
class FieldRefImpl {
  constructor(
    readonly modelName: string,
    readonly name: string,
    readonly typeName = "String",
    readonly isList = false,
    readonly isEnum = false,
  ) {}
  _toGraphQLInputType(): string {
    return this.typeName;
  }
}

const { Decimal, DbNull, JsonNull, AnyNull, skip } = Prisma;

test.each([
  [undefined, ""],
  [{}, ""],
  [{ where: { id: 42 } }, "where(id:42)"],
  [{ take: 10, where: { id: 42, name: "Ann" } }, 'take:10,where(id:42,name:"Ann")'],
  [{ where: {} }, "where()"],
  [{ a: [1, "1", 1n, true, null] }, 'a:[1,"1",1n,true,null]'],
  [{ a: -0 }, "a:0"],
  [{ a: [Number.NaN, Infinity, -Infinity, 1e21] }, "a:[NaN,Infinity,-Infinity,1e+21]"],
  [{ a: new Date(0) }, "a:@1970-01-01T00:00:00.000Z"],
  [{ a: new Date(Number.NaN) }, "a:@invalid"],
  [{ a: new Decimal("1.50") }, "a:1.5m"],
  [{ a: new Uint8Array([104, 105]) }, "a:*aGk"],
  [{ a: Buffer.from("hi") }, "a:*aGk"],
  [{ a: new Uint8Array([1, 104, 105, 2]).subarray(1, 3) }, "a:*aGk"],
  [{ a: [DbNull, JsonNull, AnyNull] }, "a:[%DbNull,%JsonNull,%AnyNull]"],
  [{ a: new FieldRefImpl("User", "name") }, "a:&User.name"],
  [{ a: 'say "hi"\n' }, String.raw`a:"say\x0020\"hi\"\n"`],
  [{ a: "é" }, 'a:"é"'],
  [{ "odd key": 1 }, String.raw`"odd\x0020key":1`],
  [{ a: { toJSON: () => ({ b: 1 }) } }, String.raw`a:!"{\"b\":1}"`],
  [Object.assign(Object.create(null) as object, { a: 1 }), "a:1"],
  [runInNewContext("({ where: { id: 42, at: new Date(0) } })"), "where(at:@1970-01-01T00:00:00.000Z,id:42)"],
])("%o", (args, text) => expect(canonicalize(args)).toBe(text));

test("what Prisma leaves out is left out", () => {
  expect(canonicalize({ where: { a: undefined, b: skip, c: null }, take: undefined })).toBe("where(c:null)");
  expect(isAbsent(skip)).toBe(true);
  expect(isAbsent(undefined)).toBe(true);
  for (const value of [null, 0, "", false, {}, DbNull, { ifUndefined: () => 1 }]) expect(isAbsent(value)).toBe(false);
});

test.each([2, 16, 17, 1500])("%i properties are in the order of their code units", (count) => {
  const names = Array.from({ length: count }, (_, i) => `${"aZ_é"[i % 4]}${(i * 7919) % count}`);
  const text = names
    .toSorted()
    .map((name) => `${name.startsWith("é") ? `"${name}"` : name}:1`)
    .join(",");
  expect(canonicalize(Object.fromEntries(names.map((name) => [name, 1])))).toBe(text);
});

test.each([
  ["a Map", { a: new Map([[1, 2]]) }, /Map/],
  ["a Set", { a: new Set([1]) }, /Set/],
  ["a function", { a: () => 1 }, /function/],
  ["a symbol", { a: Symbol("x") }, /symbol/],
  [
    "an instance",
    {
      a: new (class Box {
        readonly side = 1;
      })(),
    },
    /Box/,
  ],
  ["inherited properties", { a: Object.create({ b: 1 }) as unknown }, /Object/],
  ["a regular expression", { a: /x/ }, /RegExp/],
  ["an undefined element", { a: [1, undefined] }, /undefined element/],
  ["a skipped element", { a: [skip] }, /undefined element/],
  ["a toJSON without a result", { a: { toJSON: () => undefined } }, /toJSON/],
  ["a boxed number", { a: Object(5) as unknown }, /Number/],
  ["a reference to nothing known", { a: new FieldRefImpl("User name", "x") }, /field reference/],
])("%s has no text", (_, args, reason) => {
  expect(canonicalize(args)).toEqual({ uncacheable: expect.stringMatching(reason) });
});

test("neither has a cycle, or a getter that throws", () => {
  const cycle: Record<string, unknown> = {};
  cycle["self"] = cycle;
  expect(canonicalize(cycle)).toHaveProperty("uncacheable");
  const trap = Object.defineProperty({}, "a", {
    enumerable: true,
    get() {
      throw new Error("no");
    },
  });
  expect(canonicalize(trap)).toHaveProperty("uncacheable");
});

/** All values that arguments are made of, paired with a description that is different for different ones. */
const leaf: fc.Arbitrary<{ value: unknown; meaning: string }> = fc.oneof(
  fc.string({ unit: "binary", maxLength: 6 }).map((value) => ({ value, meaning: `string ${JSON.stringify(value)}` })),
  fc
    .constantFrom(
      "null",
      "true",
      "5",
      "5n",
      "%DbNull",
      "@1970-01-01T00:00:00.000Z",
      "a:1",
      "(",
      ")",
      ";",
      '"',
      ",",
      "\\",
      "*aGk",
    )
    .map((value) => ({ value, meaning: `string ${JSON.stringify(value)}` })),
  fc.double().map((value) => ({ value, meaning: `number ${value === 0 ? 0 : value}` })),
  fc.integer({ min: -3, max: 3 }).map((value) => ({ value, meaning: `number ${value === 0 ? 0 : value}` })),
  fc.bigInt({ min: -3n, max: 3n }).map((value) => ({ value, meaning: `bigint ${value}` })),
  fc.boolean().map((value) => ({ value, meaning: `boolean ${value}` })),
  fc.constant({ value: null, meaning: "null" }),
  fc.date().map((value) => ({ value, meaning: `date ${Number(value)}` })),
  fc.uint8Array({ maxLength: 4 }).map((value) => ({ value, meaning: `bytes ${value.join()}` })),
  fc.integer({ min: -300, max: 300 }).map((n) => ({ value: new Decimal(n).div(100), meaning: `decimal ${n}` })),
  fc.constantFrom(DbNull, JsonNull, AnyNull).map((value) => ({ value, meaning: `null type ${value._getName()}` })),
  fc.constantFrom("id", "name").map((name) => ({ value: new FieldRefImpl("User", name), meaning: `field ${name}` })),
);

const name = fc.oneof(fc.constantFrom("a", "b", "where", "a:1", "a(", "a b", ";", ""), fc.string({ maxLength: 3 }));

const { tree } = fc.letrec<{ tree: { value: unknown; meaning: string } }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    fc.array(tie("tree"), { maxLength: 3 }).map((items) => ({
      value: items.map((item) => item.value),
      meaning: `[${items.map((item) => item.meaning).join(" | ")}]`,
    })),
    fc
      .dictionary(
        name.filter((text) => text !== "__proto__"),
        tie("tree"),
        { maxKeys: 3 },
      )
      .map((items) => ({
        value: Object.fromEntries(Object.entries(items).map(([key, item]) => [key, item.value])),
        meaning: `{${Object.entries(items)
          .map(([key, item]) => `${JSON.stringify(key)} = ${item.meaning}`)
          .sort()
          .join(" | ")}}`,
      })),
  ),
}));

describe("properties", () => {
  test("two values have one text only if they mean the same", () => {
    fc.assert(
      fc.property(tree, tree, (a, b) => {
        const [textA, textB] = [canonicalize({ x: a.value }), canonicalize({ x: b.value })];
        expect(typeof textA).toBe("string");
        expect(textA === textB).toBe(a.meaning === b.meaning);
      }),
      { numRuns: 3000 },
    );
  });

  test("many values have as many texts as meanings", () => {
    fc.assert(
      fc.property(fc.array(tree, { minLength: 50, maxLength: 200 }), (values) => {
        const texts = new Set(values.map(({ value }) => canonicalize({ x: value })));
        expect(texts.size).toBe(new Set(values.map(({ meaning }) => meaning)).size);
      }),
      { numRuns: 50 },
    );
  });

  test("neither the order of properties nor what is undefined counts", () => {
    const shuffled = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(shuffled);
      if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype)
        return value;
      const entries = Object.entries(value).reverse();
      return Object.fromEntries([["undefined", undefined], ...entries.map(([key, item]) => [key, shuffled(item)])]);
    };
    fc.assert(
      fc.property(tree, ({ value }) => {
        expect(canonicalize({ x: shuffled(value) })).toBe(canonicalize({ x: value }));
      }),
    );
  });

  test("no text holds a space or a control character", () => {
    fc.assert(
      fc.property(tree, ({ value }) => {
        expect(canonicalize({ x: value })).not.toMatch(/[\p{Cc}\s]/u);
      }),
    );
  });
});
