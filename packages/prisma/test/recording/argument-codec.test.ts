import { runInNewContext } from "node:vm";
import { AnyNull, DbNull, Decimal, JsonNull, skip } from "@prisma/client/runtime/client";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalize } from "../../src/query/canonical.js";
import { readArgs, spellArgs, type FieldNamed, type SpelledArgs } from "../../src/recording/argument-codec.js";

/** As Prisma makes it for `prisma.user.fields.name`. */
class FieldRefImpl {
  constructor(
    readonly modelName: string,
    readonly name: string,
  ) {}
  _toGraphQLInputType(): string {
    return "String";
  }
}

class Boxed {
  readonly side = 1;
}

const COLUMNS: readonly FieldRefImpl[] = [
  new FieldRefImpl("User", "name"),
  new FieldRefImpl("User", "email"),
  new FieldRefImpl("Product", "name"),
];
const fieldNamed: FieldNamed = (model, field) => COLUMNS.find((one) => one.modelName === model && one.name === field);

function throughJson(args: unknown): unknown {
  const spelled = spellArgs(args);
  if (spelled === null) throw new Error("not spelled");
  return readArgs(JSON.parse(JSON.stringify(spelled)) as SpelledArgs, fieldNamed);
}

const name = fc.oneof(
  fc.constantFrom("where", "id", "AND", "in", "toString", "json", "meta", "values", "a.b", "a\\.b", "", "0", "$type"),
  fc.string(),
);
/** Of each kind that a key can spell. */
const args = fc.letrec<{ value: unknown; object: object }>((tie) => ({
  object: fc.dictionary(name, tie("value"), { maxKeys: 4 }),
  value: fc.oneof(
    { depthSize: "small" },
    fc.string({ unit: "binary" }),
    fc.double(),
    fc.bigInt(),
    fc.boolean(),
    fc.constantFrom(null, undefined, skip, DbNull, JsonNull, AnyNull, ...COLUMNS),
    fc.date({ noInvalidDate: true }),
    fc.tuple(fc.bigInt(), fc.integer({ min: -20, max: 20 })).map(([n, e]) => new Decimal(`${n}e${e}`)),
    fc.uint8Array(),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    fc.array(tie("value"), { maxLength: 3 }),
    tie("object"),
  ),
})).object;

test("whatever can be spelled means the same to keys when it is read again", () => {
  let spelled = 0;
  fc.assert(
    fc.property(args, (given) => {
      const text = canonicalize(given);
      if (typeof text !== "string" || spellArgs(given) === null) return;
      spelled++;
      expect(canonicalize(throughJson(given))).toBe(text);
    }),
    { numRuns: 2000 },
  );
  expect(spelled).toBeGreaterThan(1000);
});

test("types come back as they were", () => {
  const at = new Date(1);
  const again = throughJson({
    where: { at, same: at, n: 2n ** 70n, price: new Decimal("1.50"), image: Buffer.from([1, 255]), gone: undefined },
    nulls: [DbNull, JsonNull, AnyNull, DbNull],
    column: COLUMNS[0],
    odd: [Number.NaN, -0, Infinity],
  });
  expect(again).toEqual({
    where: { at, same: at, n: 2n ** 70n, price: new Decimal("1.5"), image: new Uint8Array([1, 255]) },
    nulls: [DbNull, JsonNull, AnyNull, DbNull],
    column: COLUMNS[0],
    odd: [Number.NaN, -0, Infinity],
  });
  const { nulls, column } = again as { nulls: unknown[]; column: unknown };
  expect(nulls.map((one) => [DbNull, JsonNull, AnyNull].indexOf(one as never))).toEqual([0, 1, 2, 0]);
  expect(column).toBe(COLUMNS[0]);
});

test("plain arguments are spelled as they are", () => {
  const plain = { where: { id: 1, OR: [{ name: "a" }] }, cache: { ttl: "1h", tags: ["home"] } };
  expect(spellArgs(plain)).toEqual({ args: plain });
  expect(spellArgs(runInNewContext("({ where: { at: new Date(0) } })"))?.args).toEqual({
    where: { at: "1970-01-01T00:00:00.000Z" },
  });
  expect(spellArgs({ where: { _toGraphQLInputType: 1, modelName: "User" } })).toEqual({
    args: { where: { _toGraphQLInputType: 1, modelName: "User" } },
  });
});

test.each([
  ["a value with its own JSON", { where: { url: new URL("https://shop.test") } }],
  ["an object with its own JSON", { where: { a: { toJSON: () => 1 } } }],
  ["a class instance", { where: { a: new Boxed() } }],
  ["an invalid date", { where: { a: new Date(Number.NaN) } }],
  ["a name that JSON.parse misreads", { where: { "\t": 1 } }],
  ["a name that objects have", { where: { constructor: 1 } }],
  ["an own __proto__", JSON.parse('{"where":{"__proto__":{"id":1}}}')],
])("%s is not spelled", (_, given) => expect(spellArgs(given)).toBeNull());

describe("damaged ones are refused", () => {
  test.each<[string, SpelledArgs]>([
    ["a type that there is not", { args: { a: "1" }, types: { values: { a: [["custom", "Money"]] }, v: 1 } }],
    ["a big integer that is none", { args: { a: "x" }, types: { values: { a: ["bigint"] }, v: 1 } }],
    ["a decimal that is none", { args: { a: "x" }, types: { values: { a: [["custom", "Decimal"]] }, v: 1 } }],
    ["a null that there is not", { args: { a: "toString" }, types: { values: { a: [["custom", "Null"]] }, v: 1 } }],
    ["a column that there is not", { args: { a: "User.x" }, types: { values: { a: [["custom", "Field"]] }, v: 1 } }],
    ["a name of prototypes", { args: {}, types: { values: { "__proto__.a": ["Date"] }, v: 1 } }],
  ])("%s", (_, spelled) => expect(() => readArgs(spelled, fieldNamed)).toThrow());
});
