import type { ByteReader } from "../byte-reader.js";
import type { ByteWriter } from "../byte-writer.js";
import { isExactDecimal } from "../decimal.js";
import type { ScalarType } from "../shape.js";
import { readBigints, writeBigints } from "./bigints.js";
import { readBooleans, writeBooleans } from "./booleans.js";
import { readBytes, writeBytes } from "./bytes.js";
import { readDates, writeDates } from "./dates.js";
import { readDecimals, writeDecimals } from "./decimals.js";
import { readJson, writeJson } from "./json.js";
import { readNumbers, writeNumbers } from "./integers.js";
import { readTexts, writeTexts } from "./texts.js";

/** False: one of the values is not of the type, or cannot be written exactly. */
export function writeScalars(writer: ByteWriter, type: ScalarType, values: readonly unknown[]): boolean {
  switch (type) {
    case "number":
      if (!areOf(values, "number")) return false;
      writeNumbers(writer, values);
      return true;
    case "text":
      if (!areOf(values, "string")) return false;
      writeTexts(writer, values);
      return true;
    case "boolean":
      if (!areOf(values, "boolean")) return false;
      writeBooleans(writer, values);
      return true;
    case "bigint":
      return areOf(values, "bigint") && writeBigints(writer, values);
    case "decimal":
      return values.every(isExactDecimal) && writeDecimals(writer, values);
    case "date":
      return values.every((value) => isOf(value, Date)) && writeDates(writer, values as readonly Date[]);
    case "bytes":
      if (!values.every((value) => isOf(value, Uint8Array))) return false;
      writeBytes(writer, values as readonly Uint8Array[]);
      return true;
    case "json":
      return writeJson(writer, values);
    default:
      return type satisfies never;
  }
}

export function readScalars(reader: ByteReader, type: ScalarType, count: number): unknown[] {
  switch (type) {
    case "number":
      return readNumbers(reader, count);
    case "text":
      return readTexts(reader, count);
    case "boolean":
      return readBooleans(reader, count);
    case "bigint":
      return readBigints(reader, count);
    case "decimal":
      return readDecimals(reader, count);
    case "date":
      return readDates(reader, count);
    case "bytes":
      return readBytes(reader, count);
    case "json":
      return readJson(reader, count);
    default:
      return type satisfies never;
  }
}

interface Primitives {
  readonly number: number;
  readonly string: string;
  readonly boolean: boolean;
  readonly bigint: bigint;
}

function areOf<T extends keyof Primitives>(values: readonly unknown[], type: T): values is readonly Primitives[T][] {
  for (const value of values) if (typeof value !== type) return false;
  return true;
}

/** An instance of a class that extends another one is not one of that. */
function isOf(value: unknown, constructor: { readonly prototype: object }): boolean {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === constructor.prototype;
}
