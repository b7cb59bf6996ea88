import type { ByteReader } from "../byte-reader.js";
import type { ByteWriter } from "../byte-writer.js";
import { isExactDecimal } from "../decimal.js";
import type { ScalarType } from "../shape.js";
import { makerOf, SHARED, type ColumnCodec } from "./column-codec.js";
import { readBigints, writeBigints } from "./bigints.js";
import { readBooleans, writeBooleans } from "./booleans.js";
import { makeBytes, prepareBytes, readBytes, writeBytes } from "./bytes.js";
import { makeDate, prepareDates, readDates, writeDates } from "./dates.js";
import { makePrepared as makeDecimal, prepareDecimals, readDecimals, writeDecimals } from "./decimals.js";
import { makeJson, prepareJson, readJson, writeJson } from "./json.js";
import { readNumbers, writeNumbers } from "./integers.js";
import { readTexts, writeTexts } from "./texts.js";

type Write = (writer: ByteWriter, values: readonly unknown[]) => boolean;

/** False: one of the values is not of the type, or cannot be written exactly. */
const WRITERS: Readonly<Record<ScalarType, Write>> = {
  number: (writer, values) => areOf(values, "number") && writeNumbers(writer, values),
  text: (writer, values) => areOf(values, "string") && writeTexts(writer, values),
  boolean: (writer, values) => areOf(values, "boolean") && writeBooleans(writer, values),
  bigint: (writer, values) => areOf(values, "bigint") && writeBigints(writer, values),
  decimal: (writer, values) => values.every(isExactDecimal) && writeDecimals(writer, values),
  date: (writer, values) => areInstances(values, Date) && writeDates(writer, values),
  bytes: (writer, values) => areInstances(values, Uint8Array) && writeBytes(writer, values),
  json: writeJson,
};

const READERS: Readonly<Record<ScalarType, (reader: ByteReader, count: number) => unknown[]>> = {
  number: readNumbers,
  text: readTexts,
  boolean: readBooleans,
  bigint: readBigints,
  decimal: readDecimals,
  date: readDates,
  bytes: readBytes,
  json: readJson,
};

type Prepared = Pick<ColumnCodec, "prepare" | "maker">;

/** Of what can be changed. */
const PREPARED: Readonly<Partial<Record<ScalarType, Prepared>>> = {
  date: { prepare: prepareDates, maker: makerOf(makeDate) },
  bytes: { prepare: prepareBytes, maker: makerOf(makeBytes) },
  decimal: { prepare: prepareDecimals, maker: makerOf(makeDecimal) },
};

function preparedJson(isGenerated: boolean): Prepared {
  return { prepare: (reader, count) => prepareJson(reader, count, isGenerated), maker: makerOf(makeJson) };
}

export function scalarColumn(type: ScalarType, isGenerated: boolean): ColumnCodec {
  const read = READERS[type];
  const { prepare, maker } =
    type === "json" ? preparedJson(isGenerated) : (PREPARED[type] ?? { prepare: read, maker: SHARED });
  return { write: WRITERS[type], read, prepare, maker };
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
function areInstances<T extends object>(
  values: readonly unknown[],
  { prototype }: { readonly prototype: T },
): values is readonly T[] {
  for (const value of values) {
    if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== prototype) return false;
  }
  return true;
}
