import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { superjsonCodec, type CustomType } from "../../src/codec/superjson-codec.js";

const codec = superjsonCodec();

function roundTrip(value: unknown): unknown {
  return codec.decode(codec.encode(value));
}

/** Equal by value, by prototype and by the order of properties, all the way down. */
function expectSame(actual: unknown, wanted: unknown): void {
  if (typeof wanted !== "object" || wanted === null) {
    expect(Object.is(actual, wanted), `${String(actual)} for ${String(wanted)}`).toBe(true);
    return;
  }
  expect(typeof actual).toBe("object");
  expect(Object.getPrototypeOf(actual)).toBe(Object.getPrototypeOf(wanted));
  if (wanted instanceof Date) return expectSame((actual as Date).getTime(), wanted.getTime());
  if (wanted instanceof Uint8Array) return expect([...(actual as Uint8Array)]).toEqual([...wanted]);
  expect(Object.keys(actual as object)).toEqual(Object.keys(wanted));
  for (const [key, value] of Object.entries(wanted)) expectSame((actual as Record<string, unknown>)[key], value);
}

/** Names that superjson takes for an attack on prototypes; a result that has one is not cached. */
const REFUSED_NAMES = ["__proto__", "constructor", "prototype"];

const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.constantFrom(
    "",
    "json",
    "meta",
    "values",
    "undefined",
    "Date",
    '["Date"]',
    "$date",
    "bigint:5",
    "a.b",
    "a\\.b",
    "\\",
    "constructor",
    "toString",
    "\u0000",
    "\uD800",
  ),
);
/** One character that JSON escapes. */
const isEscaped = (name: string) => name.length === 1 && JSON.stringify(name).length > 3;
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(text, fc.double(), fc.integer(), fc.boolean(), fc.constant(null)),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(
      text.filter((key) => !REFUSED_NAMES.includes(key) && !isEscaped(key)),
      tie("value"),
      { maxKeys: 4, noNullPrototype: true },
    ),
  ),
})).value;
const cell = fc.oneof(
  json,
  fc.bigInt(),
  fc.date({ noInvalidDate: true }),
  fc.uint8Array({ maxLength: 20 }).map((bytes) => new Uint8Array(bytes)),
  fc.constantFrom(undefined, -0, Number.NaN, Infinity, -Infinity, 0n),
);
const row = fc.dictionary(fc.constantFrom("id", "at", "bytes", "price", "json", "a.b", "length"), cell, {
  noNullPrototype: true,
});

describe("a result comes back as it went in, by value, type and order", () => {
  it("whatever is in its rows", () => {
    fc.assert(
      fc.property(fc.oneof(row, fc.array(row, { maxLength: 4 })), (value) => expectSame(roundTrip(value), value)),
      {
        numRuns: 1000,
      },
    );
  });

  test.each<[string, unknown]>([
    ["null", null],
    ["undefined", undefined],
    ["a count", 5],
    ["a negative zero", -0],
    ["NaN", Number.NaN],
    ["a bigint beyond doubles", 2n ** 70n],
    ["a date before 1970", new Date(-1)],
    ["empty bytes", new Uint8Array()],
    ["a part of a larger buffer", new Uint8Array([1, 2, 3, 4]).subarray(1, 3)],
    ["undefined beside null", { a: undefined, b: null }],
    ["a list with undefined", [undefined, null, 1]],
    ["an aggregate", { _count: { _all: 3 }, _avg: { price: null }, _max: { at: new Date(5) } }],
    ["names of properties that objects have", { toString: 2, hasOwnProperty: 3, toJSON: 4 }],
    ["names that are paths", { "a.b": new Date(1), a: { b: 2n }, "a\\.b": new Date(3) }],
    ["what looks like the codec's own output", { json: { a: "1" }, meta: { values: { a: ["bigint"] } } }],
    ["texts that look like types", { name: "bigint", at: "2020-01-01T00:00:00.000Z", n: "NaN", u: "undefined" }],
  ])("%s", (_, value) => {
    expectSame(roundTrip(value), value);
  });

  test.each(["\t", "\n", "\u0000", "\\", '"', "\uD800"])("but for a name that JSON.parse may misread: %j", (name) => {
    expect(() => codec.encode([{ data: { [name]: 1 } }])).toThrow("misread");
    expectSame(roundTrip({ [`${name}a`]: name }), { [`${name}a`]: name });
  });

  it("shares nothing with what went in, nor with what comes out next", () => {
    const value = { at: new Date(1), bytes: new Uint8Array([1]), nested: { list: [1] } };
    const bytes = codec.encode(value);
    const first = codec.decode(bytes) as typeof value;
    first.at.setTime(9);
    first.bytes[0] = 9;
    first.nested.list.push(9);
    expectSame(codec.decode(bytes), { at: new Date(1), bytes: new Uint8Array([1]), nested: { list: [1] } });
    expectSame(value, { at: new Date(1), bytes: new Uint8Array([1]), nested: { list: [1] } });
  });
});

describe("a name that could reach a prototype is refused", () => {
  test.each<[string, unknown]>([
    ["an own __proto__", JSON.parse('{"settings":{"__proto__":{"admin":true}}}')],
    ["an own __proto__ at the top", JSON.parse('{"__proto__":1}')],
    ["an own constructor", { settings: { constructor: 1 } }],
    ["an own prototype", { settings: [{ prototype: null }] }],
  ])("%s", (_, value) => {
    expect(() => codec.encode(value)).toThrow();
  });
});

describe("bytes that are not its own", () => {
  test.each([
    ["nothing", ""],
    ["half", '{"json":{"a"'],
    ["another format", "\x01\x02"],
  ])("%s are refused", (_, bytes) => {
    expect(() => codec.decode(Buffer.from(bytes))).toThrow();
  });

  it("cannot reach the prototype of all objects", () => {
    const attack =
      '{"json":{"a":"1"},"meta":{"values":{"__proto__.polluted":["bigint"],"constructor.prototype.polluted":["Date"]}}}';
    expect(() => codec.decode(Buffer.from(attack))).toThrow();
    expect("polluted" in {}).toBe(false);
  });
});

describe("a type that the application registers", () => {
  class Money {
    constructor(readonly cents: number) {}
  }
  const money: CustomType<Money> = {
    name: "Money",
    is: (value): value is Money => value instanceof Money,
    serialize: ({ cents }) => String(cents),
    deserialize: (cents) => new Money(Number(cents)),
  };

  it("comes back as itself, wherever it stands", () => {
    const withMoney = superjsonCodec([money]);
    const value = { price: new Money(5), list: [new Money(-1)], text: "5" };
    expectSame(withMoney.decode(withMoney.encode(value)), value);
  });

  it("makes another codec of it, whose entries are not confused", () => {
    expect(superjsonCodec([money]).name).not.toBe(codec.name);
  });
});
