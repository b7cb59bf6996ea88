import { Decimal } from "@prisma/client/runtime/client";
import { describe, expect, test } from "vitest";
import { CodecCache } from "../../src/codec/codec-cache.js";
import { COLUMNS } from "../../src/codec/compiled-codec.js";
import { prismaCodec } from "../../src/codec/prisma-codec.js";
import { parseSchema } from "../../src/schema/parse-schema.js";
import { mutables } from "./same-in-kind.js";

const dataModel = parseSchema(`
datasource db {
  provider = "postgresql"
}
model Row {
  id      Int       @id
  name    String
  price   Decimal
  at      DateTime
  views   BigInt
  bytes   Bytes
  data    Json?
  labels  String[]
  parts   Part[]
}
model Part {
  id    Int @id
  rowId Int
  row   Row @relation(fields: [rowId], references: [id])
}
`);

const codecs = new CodecCache({ dataModel, other: prismaCodec() });
const codec = codecs.of({ model: "Row", operation: "findMany", args: { include: { parts: true } } })!;

const row = (changes: Readonly<Record<string, unknown>> = {}) => ({
  id: 1,
  name: "lamp",
  price: new Decimal("19.99"),
  at: new Date(1e12),
  views: 5n,
  bytes: new Uint8Array([1, 2, 3]),
  data: { a: [1, null] },
  labels: ["x"],
  parts: [{ id: 1, rowId: 1 }],
  ...changes,
});

const without = (name: string) => Object.fromEntries(Object.entries(row()).filter(([key]) => key !== name));
const reversed = () => Object.fromEntries(Object.entries(row()).toReversed());

test("what fits is in columns", () => {
  expect(codec.encode([row(), row()])[1]).toBe(COLUMNS);
  expect(codec.encode([reversed(), reversed()])[1]).toBe(COLUMNS);
});

describe("what does not fit is encoded otherwise, the same in kind", () => {
  test.each<[string, unknown]>([
    ["a property more", [row({ more: 1 })]],
    ["a property more in the last row", [row(), row({ more: 1 })]],
    ["a property less", [without("name")]],
    ["a property less in the last row", [row(), without("parts")]],
    ["another property in the place of one", [{ ...without("name"), title: "lamp" }]],
    ["two orders", [row(), reversed()]],
    ["a number in the place of a text", [row({ name: 1 })]],
    ["a text in the place of a number", [row({ id: "1" })]],
    ["a number in the place of a big integer", [row({ views: 1 })]],
    ["a big integer beyond 64 bits", [row({ views: 2n ** 63n })]],
    ["a big integer far below zero", [row({ views: -(2n ** 63n) - 1n })]],
    ["null where none can be", [row({ name: null })]],
    ["null in a list", [row({ labels: ["x", null] })]],
    ["undefined", [row({ data: undefined })]],
    ["a date in the place of a decimal", [row({ price: new Date(1) })]],
    ["a text in the place of a date", [row({ at: "2020-01-01" })]],
    ["no list", [row({ parts: null })]],
    ["no row in a list", [row({ parts: [null] })]],
    ["a list in the place of a row", [[1, 2]]],
    ["one row in the place of a list", row()],
    ["nothing", null],
    ["a number", 5],
    ["a date in JSON", [row({ data: { at: new Date(5) } })]],
    ["-0 in JSON", [row({ data: [-0] })]],
    ["Infinity in JSON", [row({ data: { most: Infinity } })]],
    ["undefined in JSON", [row({ data: { nothing: undefined } })]],
    ["a decimal in JSON", [row({ data: [new Decimal("1.5")] })]],
    ["a Map", [row({ data: new Map([["a", new Date(1)]]) })]],
    ["a Set", [row({ data: new Set([1, 2]) })]],
  ])("%s", (_, value) => {
    const bytes = codec.encode(value);
    expect(bytes[1]).not.toBe(COLUMNS);
    const decoded = codec.decode(bytes);
    const make = codec.prepare!(bytes);
    const [copy, again] = [make(), make()];
    for (const actual of [decoded, copy, again]) expect(actual).toStrictEqual(value);
    const original = mutables(copy);
    expect([...mutables(decoded), ...mutables(again)].filter((part) => original.has(part))).toEqual([]);
  });
});

describe("what nobody can encode exactly is not encoded", () => {
  class Special extends Date {}
  class Row {
    id = 1;
  }
  test.each<[string, unknown]>([
    ["a row of a class", [Object.assign(new Row(), row())]],
    ["a row without a prototype", [Object.assign(Object.create(null) as object, row())]],
    ["a date of a class", [row({ at: new Special(1) })]],
    ["a date that is none", [row({ at: new Date(Number.NaN) })]],
    ["a Buffer", [row({ bytes: Buffer.from("bytes") })]],
    ["a list with a property of its own", Object.assign([row()], { total: 5 })],
    ["a list in a row with a property of its own", [row({ labels: Object.assign(["x"], { total: 5 }) })]],
    ["a list with a gap", [row({ labels: Object.assign([], { 1: "x" }) })]],
    ["a function", [row({ data: () => 1 })]],
    ["a name that V8 may misread", [row({ data: { "\t": 1 } })]],
    ["such a name in the midst of JSON", [row({ data: [{ a: { "\\": 1 } }] })]],
    ["an object of a class in JSON", [row({ data: [new Row()] })]],
  ])("%s", (_, value) => {
    expect(() => codec.encode(value)).toThrow();
  });
});
