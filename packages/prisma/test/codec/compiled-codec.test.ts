import type { Codec } from "@evercache/core";
import { Decimal } from "@prisma/client/runtime/client";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { COLUMNS, compileCodec } from "../../src/codec/compiled-codec.js";
import { prismaCodec } from "../../src/codec/prisma-codec.js";
import { resultShape } from "../../src/codec/result-shape.js";
import type { Shape, Slot } from "../../src/codec/shape.js";
import { parseSchema } from "../../src/schema/parse-schema.js";
import { generatedResults, type GeneratedResult } from "./generated-results.js";
import { differenceInKind, mutables } from "./same-in-kind.js";

const other = prismaCodec();

function compiled({ schema, query }: GeneratedResult, generatesCode = true): { slot: Slot; codec: Codec } {
  const slot = resultShape({ dataModel: parseSchema(schema) }, query);
  if (!slot) throw new Error(`no shape for ${JSON.stringify(query)}`);
  return { slot, codec: compileCodec(slot, { other, generatesCode }) };
}

/** Whether a value is of a shape, whatever order its columns have. */
function fits({ shape, isNullable }: Slot, value: unknown): boolean {
  if (value === null && isNullable) return true;
  return fitsShape(shape, value);
}

function fitsShape(shape: Shape, value: unknown): boolean {
  switch (shape.kind) {
    case "number":
    case "boolean":
    case "bigint":
      return typeof value === shape.kind;
    case "text":
      return typeof value === "string";
    case "json":
      return JSON.stringify(value) !== undefined;
    case "date":
      return value instanceof Date && !Number.isNaN(value.getTime());
    case "bytes":
      return value instanceof Uint8Array && !Buffer.isBuffer(value);
    case "decimal":
      return (
        value instanceof Decimal && (value.d === null || differenceInKind(new Decimal(value.valueOf()), value) === null)
      );
    case "list":
      return Array.isArray(value) && value.every((item) => fitsShape(shape.of, item));
    case "row": {
      const row = value as Readonly<Record<string, unknown>>;
      const names = shape.columns.map(({ name }) => name);
      return (
        typeof row === "object" &&
        row !== null &&
        Object.keys(row).every((name) => names.includes(name)) &&
        shape.columns.every((column) => (column.isOptional && !(column.name in row)) || fits(column, row[column.name]))
      );
    }
    default:
      return shape satisfies never;
  }
}

/** Changes all that can be changed in a value. */
function spoil(value: unknown): void {
  for (const part of mutables(value)) {
    if (part instanceof Date) part.setTime(1);
    else if (part instanceof Uint8Array) part.fill(0x5a);
    else if (part instanceof ArrayBuffer) new Uint8Array(part).fill(0x5a);
    else if (Array.isArray(part)) part.push("spoilt");
    else Object.assign(part, { s: 0, spoilt: true });
  }
}

describe.each([true, false])("code generation: %s", (generatesCode) => {
  test("what comes back is the same in kind, by the schema, and is nobody else's", () => {
    fc.assert(
      fc.property(generatedResults, (result) => {
        const { codec } = compiled(result, generatesCode);
        const { value } = result;
        const bytes = codec.encode(value);
        expect(bytes[1]).toBe(COLUMNS);
        const kept = codec.decode(bytes);
        expect(differenceInKind(kept, value)).toBeNull();
        // Entries are read from the midst of greater frames.
        const framed = Buffer.concat([Buffer.from("frame"), bytes, Buffer.from("more")]);
        const again = codec.decode(new Uint8Array(framed.buffer, framed.byteOffset + 5, bytes.length));
        expect(differenceInKind(again, value)).toBeNull();
        const make = codec.prepare!(new Uint8Array(framed.buffer, framed.byteOffset + 5, bytes.length));
        const [copy, second] = [make(), make()];
        expect(differenceInKind(copy, value)).toBeNull();
        const original = mutables(second);
        expect([...mutables(copy)].filter((part) => original.has(part))).toEqual([]);
        framed.fill(0);
        spoil(copy);
        spoil(again);
        expect(differenceInKind(second, value)).toBeNull();
        spoil(second);
        expect(differenceInKind(make(), value)).toBeNull();
        expect(differenceInKind(kept, value)).toBeNull();
        spoil(kept);
        expect(differenceInKind(codec.decode(bytes), value)).toBeNull();
      }),
      { numRuns: 300 },
    );
  });
});

const ROWS = `datasource db {\n provider = "postgresql"\n}\nmodel Row {\n id Int @id\n flags Boolean[]\n at DateTime\n data Json\n bytes Bytes\n}`;

describe("bytes that were not written", () => {
  /** Throws, or gives what has the shape: nobody is misled by either. */
  function check(codec: Codec, slot: Slot, bytes: Uint8Array): void {
    let value: unknown;
    try {
      value = codec.decode(bytes);
    } catch {
      return;
    }
    expect(fits(slot, value)).toBe(true);
  }

  test("what is cut off is refused", () => {
    fc.assert(
      fc.property(generatedResults, (result) => {
        const { codec } = compiled(result);
        const bytes = codec.encode(result.value);
        for (let length = 0; length < bytes.length; length++) {
          expect(() => codec.decode(bytes.subarray(0, length))).toThrow();
        }
        expect(() => codec.decode(Buffer.concat([bytes, Buffer.from([0])]))).toThrow();
        expect(() => codec.decode(Buffer.concat([bytes, Buffer.from([1])]))).toThrow();
      }),
      { numRuns: 60 },
    );
  });

  test("what is changed is refused, or has the shape", () => {
    const changes = fc.array(fc.record({ at: fc.nat(), to: fc.nat(0xff) }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(generatedResults, fc.array(changes, { minLength: 30, maxLength: 30 }), (result, damages) => {
        const { slot, codec } = compiled(result);
        const bytes = codec.encode(result.value);
        for (const damage of damages) {
          const damaged = Uint8Array.from(bytes);
          // The first bytes only say whose it is: past them it becomes interesting.
          for (const { at, to } of damage) damaged[6 + (at % (bytes.length - 6))] = to;
          check(codec, slot, damaged);
        }
      }),
      { numRuns: 150 },
    );
  });

  test("any bytes behind a header are refused, or have the shape", () => {
    fc.assert(
      fc.property(generatedResults, fc.uint8Array({ maxLength: 60 }), (result, rest) => {
        const { slot, codec } = compiled(result);
        const header = codec.encode(result.value).subarray(0, 6);
        check(codec, slot, Buffer.concat([header, rest]));
      }),
      { numRuns: 500 },
    );
  });

  test("those of another schema are refused", () => {
    const model = (columns: string) =>
      `datasource db {\n provider = "sqlite"\n}\nmodel Row {\n id Int @id\n ${columns}\n}`;
    const query = { model: "Row", operation: "findMany", args: {} };
    const { codec } = compiled({ schema: model("size Int"), query, value: null });
    const { codec: changed } = compiled({ schema: model("length Int"), query, value: null });
    expect(() => changed.decode(codec.encode([{ id: 1, size: 2 }]))).toThrow(RangeError);
  });

  test("texts beside those that columns have are refused", () => {
    const query = { model: "Row", operation: "count", args: {} };
    const { codec } = compiled({ schema: ROWS, query, value: null });
    const bytes = codec.encode(5);
    const [header, value] = [bytes.subarray(0, 7), bytes.subarray(8)];
    expect(codec.decode(Buffer.concat([header, Buffer.from([0]), value]))).toBe(5);
    expect(() => codec.decode(Buffer.concat([header, Buffer.from("\u0001x"), value]))).toThrow(RangeError);
  });

  test("JSON of another number of values is refused", () => {
    const query = { model: "Row", operation: "findMany", args: { select: { data: true } } };
    const { codec } = compiled({ schema: ROWS, query, value: null });
    const bytes = Buffer.from(codec.encode([{ data: 1 }, { data: 1 }]));
    bytes.write("[101]", bytes.indexOf("[1,1]"));
    expect(() => codec.decode(bytes)).toThrow(RangeError);
  });

  test("for bytes that are not there no room is made", () => {
    const query = { model: "Row", operation: "findFirst", args: { select: { bytes: true } } };
    const { codec } = compiled({ schema: ROWS, query, value: null });
    const header = codec.encode(null).subarray(0, 8);
    const before = process.memoryUsage().arrayBuffers;
    expect(() => codec.decode(Buffer.from([...header, 0, 0, 0x08, 0xff, 0xff, 0xff, 0x7f, 1, 2]))).toThrow(RangeError);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 28);
  });

  const MANY = 2 ** 31;
  /** Of a list of rows: how many, in their three columns. */
  const claims: readonly [string, number[]][] = [
    ["a list of very many rows", [0, 0x10, 0, 0, 0, 0, 0, 0, 0xe0, 0x41]],
    ["a list of as many as a byte can hold four bytes to say", [0x08, 0xff, 0xff, 0xff, 0x7f]],
    ["a list of less than none", [0x00, 0xff]],
  ];

  test.each(claims)("%s: nothing is made room for", (_, lengths) => {
    const query = { model: "Row", operation: "findMany", args: { omit: { data: true, bytes: true } } };
    const { codec } = compiled({ schema: ROWS, query, value: null });
    const header = codec.encode([]).subarray(0, 8);
    const constant = [0, 0x00, 1, 0x00, 0, 0x00, 1];
    const before = process.memoryUsage().heapTotal;
    expect(() => codec.decode(Buffer.from([...header, ...lengths, ...constant]))).toThrow(RangeError);
    expect(() => codec.decode(Buffer.from([...header, ...lengths]))).toThrow(RangeError);
    expect(process.memoryUsage().heapTotal - before).toBeLessThan(MANY / 32);
  });

  test("very many equal rows are bytes enough to be believed", () => {
    const query = { model: "Row", operation: "findMany", args: { omit: { data: true, bytes: true } } };
    const { codec } = compiled({ schema: ROWS, query, value: null });
    const rows = Array.from({ length: 5000 }, () => ({ id: 1, flags: [], at: new Date(0) }));
    const bytes = codec.encode(rows);
    // Of 5,000 elements, as many rows, and three columns of them: four to the byte.
    expect(bytes.length).toBe((5000 * 5) / 4);
    expect(differenceInKind(codec.decode(bytes), rows)).toBeNull();
    bytes[bytes.length - 1] = 1;
    expect(() => codec.decode(bytes)).toThrow(RangeError);
  });
});
