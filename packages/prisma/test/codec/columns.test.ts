import { Decimal } from "@prisma/client/runtime/client";
import { describe, expect, test } from "vitest";
import { ByteReader } from "../../src/codec/byte-reader.js";
import { ByteWriter } from "../../src/codec/byte-writer.js";
import { scalarColumn } from "../../src/codec/columns/scalars.js";
import type { ScalarType } from "../../src/codec/shape.js";
import { differenceInKind } from "./same-in-kind.js";

/** Writes values, reads them again, and says how many bytes they took. */
function roundTrip(type: ScalarType, values: readonly unknown[]): number {
  const { write, read } = scalarColumn(type, true);
  const writer = new ByteWriter();
  expect(write(writer, values)).toBe(true);
  const reader = new ByteReader(writer.bytes.subarray(0, writer.at), writer.at);
  reader.text = writer.text;
  expect(differenceInKind(read(reader, values.length), values)).toBeNull();
  expect(reader.at).toBe(writer.at);
  expect(reader.textAt).toBe(writer.text.length);
  return writer.at;
}

const POWERS = [7, 8, 15, 16, 23, 24, 31, 32, 40, 47, 48, 52, 53];
const NEAR = POWERS.flatMap((power) => [2 ** power - 1, 2 ** power, 2 ** power + 1]).filter(Number.isSafeInteger);

describe("integers", () => {
  test.each(NEAR)("that lie %d apart", (distance) => {
    for (const least of [0, -1, 127, -128, -129, 128, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), -(2 ** 31) - 1]) {
      if (Number.isSafeInteger(least + distance)) roundTrip("number", [least, least + distance, least]);
    }
    roundTrip("number", [distance]);
    roundTrip("number", [-distance, distance]);
  });

  test("that are the greatest and the smallest", () => {
    const { MAX_SAFE_INTEGER: most } = Number;
    roundTrip("number", [most, -most]);
    roundTrip("number", [most, most - 300, most - 1]);
    roundTrip("number", [-most, 300 - most]);
    roundTrip("number", [most + 1, 1e300, 5]);
  });

  test("take no more bytes than they need", () => {
    const hundred = Array.from({ length: 100 }, (_, i) => i);
    expect(roundTrip("number", hundred)).toBe(2 + 100);
    expect(
      roundTrip(
        "number",
        hundred.map((i) => 1e6 + i * 600),
      ),
    ).toBe(5 + 200);
    expect(
      roundTrip(
        "number",
        hundred.map(() => 7),
      ),
    ).toBe(2);
  });
});

test.each([
  [[0.25, -0.5, 19.99]],
  [[0.1 + 0.2, 1.005, 1e21]],
  [[Number.NaN, Infinity, -Infinity]],
  [[0, -0]],
  [[-0]],
  [[0.01, -0]],
  [[-0.001, -0.004]],
  [[5e-324, Number.MAX_VALUE]],
])("the numbers %j", (values) => {
  roundTrip("number", values);
});

test("big integers of up to 64 bits, and no more", () => {
  roundTrip("bigint", [0n, -1n, 2n ** 53n - 1n, -(2n ** 53n) + 1n]);
  roundTrip("bigint", [2n ** 53n]);
  roundTrip("bigint", [2n ** 63n - 1n, -(2n ** 63n), 5n]);
  const { write } = scalarColumn("bigint", true);
  expect(write(new ByteWriter(), [2n ** 63n])).toBe(false);
  expect(write(new ByteWriter(), [-(2n ** 63n) - 1n])).toBe(false);
});

test.each([
  ["19.99", "5", "0.5", "-3.14"],
  ["0"],
  ["-0"],
  ["0", "-0", "1"],
  ["9007199254740991", "-9007199254740991", "900719925474099.1"],
  ["9007199254740992"],
  ["90071992547409.93", "0.0000001"],
  ["1234567", "12345678", "10000000", "100000000000000", "20000000.0000001"],
  ["1e15", "1e16"],
  ["0.0000001", "0.00000001"],
  ["1e-30", "-1.5e40", "123456789012345678901234567890.123456789"],
  ["NaN", "Infinity", "-Infinity", "1"],
  [`1${"0".repeat(800)}1`],
])("the decimals %s", (...texts) => {
  roundTrip(
    "decimal",
    texts.map((text) => new Decimal(text)),
  );
});

test("a decimal of very many digits is for another codec", () => {
  const { write } = scalarColumn("decimal", true);
  expect(write(new ByteWriter(), [new Decimal(`0.${"1".repeat(1000)}`)])).toBe(false);
});

test("dates of all times, to the millisecond", () => {
  roundTrip("date", [new Date("0000-01-01"), new Date("9999-12-31T23:59:59.999Z")]);
  roundTrip("date", [new Date(8.64e15), new Date(-8.64e15), new Date(0)]);
  expect(roundTrip("date", [new Date("2025-01-01"), new Date("2026-01-01")])).toBe(1 + 5 + 2 * 4);
  expect(scalarColumn("date", true).write(new ByteWriter(), [new Date(Number.NaN)])).toBe(false);
  const seconds = [0, 1e9, -1e9, 1.7e9, 8.64e12, -8.64e12, 8_639_999_999_999];
  for (const time of seconds.flatMap((second) => [second * 1000, second * 1000 - 1, second * 1000 + 1])) {
    if (Math.abs(time) > 8.64e15) continue;
    roundTrip("date", [new Date(time)]);
    roundTrip("date", [new Date(0), new Date(time)]);
  }
});

test("texts that many rows share lie there once", () => {
  const few = ["OPEN", "PAID", "OPEN", "OPEN", "PAID", "", "OPEN", "PAID", "", ""];
  expect(roundTrip("text", few)).toBe(1 + 10 + 2 + 3);
  roundTrip(
    "text",
    Array.from({ length: 40 }, (_, i) => `status ${i % 9}`),
  );
  roundTrip(
    "text",
    Array.from({ length: 40 }, () => "same"),
  );
  roundTrip("text", ["", "\uD800", "é", "漢", "\u{1F600}", "x".repeat(70_000)]);
});

test("bytes, of any length", () => {
  roundTrip(
    "bytes",
    [0, 1, 31, 32, 33, 5000].map((length) => new Uint8Array(length).fill(7)),
  );
});

test("booleans, a bit each, whatever lay in the memory before", () => {
  for (const count of [1, 7, 8, 9, 16, 50]) {
    const values = Array.from({ length: count }, (_, i) => i % 3 === 0);
    expect(roundTrip("boolean", values)).toBe(Math.ceil(count / 8));
    const writer = new ByteWriter();
    writer.bytes.fill(0xff);
    scalarColumn("boolean", true).write(writer, values);
    const reader = new ByteReader(writer.bytes, writer.at);
    expect(scalarColumn("boolean", true).read(reader, count)).toEqual(values);
  }
});
