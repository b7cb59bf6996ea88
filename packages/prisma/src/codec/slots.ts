import { damaged, type ByteReader } from "./byte-reader.js";
import type { ByteWriter } from "./byte-writer.js";
import type { ColumnCodec, ColumnMaker } from "./columns/column-codec.js";
import { scalarColumn } from "./columns/scalars.js";
import { readInteger, readIntegers, writeIntegers } from "./columns/integers.js";
import { RowLayouts } from "./row-layout.js";
import type { RowShape, Shape, Slot } from "./shape.js";

/*
 * Values of one slot lie together, as a column:
 *   where the slot may be null (Json says that itself): a byte, NONE, ALL, or SOME and a bit for each; then those that are not
 *   a list: how long each is, then all their elements as one column
 *   a row: how many columns and which (0: all, in the shape's order), then each column
 *   anything else: see columns/
 * Of no values nothing is written.
 */
const NONE = 0;
const SOME = 1;
const ALL = 2;

export function slotCodec({ shape, isNullable }: Slot, isGenerated: boolean): ColumnCodec {
  const present = shapeCodec(shape, isGenerated);
  if (!isNullable || shape.kind === "json") return present;
  return {
    write: (writer, values) => writeNullable(writer, present, values),
    read: (reader, count) => {
      if (count === 0) return [];
      const nulls = reader.byte();
      if (nulls === NONE) return present.read(reader, count);
      const isNull = readNulls(reader, count, nulls);
      return spread(isNull, present.read(reader, othersIn(isNull)));
    },
    prepare: (reader, count) => {
      if (count === 0) return nothing;
      const nulls = reader.byte();
      if (nulls === NONE) return present.prepare(reader, count);
      const isNull = readNulls(reader, count, nulls);
      const makeOthers = present.prepare(reader, othersIn(isNull));
      return () => spread(isNull, makeOthers());
    },
  };
}

const nothing: ColumnMaker = () => [];

function shapeCodec(shape: Shape, isGenerated: boolean): ColumnCodec {
  switch (shape.kind) {
    case "list":
      return listCodec(shapeCodec(shape.of, isGenerated));
    case "row":
      return rowCodec(shape, isGenerated);
    default:
      return scalarColumn(shape.kind);
  }
}

function writeNullable(writer: ByteWriter, present: ColumnCodec, values: readonly unknown[]): boolean {
  if (values.length === 0) return true;
  if (!values.includes(null)) {
    writer.byte(NONE);
    return present.write(writer, values);
  }
  const others = values.filter((value) => value !== null);
  if (others.length === 0) {
    writer.byte(ALL);
    return true;
  }
  writer.byte(SOME);
  writer.bits(values.length, (i) => values[i] === null);
  return present.write(writer, others);
}

/** Of each value whether it is null. */
function readNulls(reader: ByteReader, count: number, nulls: number): boolean[] {
  const isNull: boolean[] = [];
  if (nulls !== ALL && nulls !== SOME) throw damaged();
  const { bytes } = reader;
  const from = nulls === ALL ? 0 : reader.take((count + 7) >> 3);
  for (let i = 0; i < count; i++) isNull.push(nulls === ALL || ((bytes[from + (i >> 3)]! >> (i & 7)) & 1) === 1);
  return isNull;
}

function othersIn(isNull: readonly boolean[]): number {
  let others = 0;
  for (const is of isNull) if (!is) others++;
  return others;
}

function spread(isNull: readonly boolean[], others: readonly unknown[]): unknown[] {
  const values: unknown[] = [];
  let next = 0;
  for (const is of isNull) values.push(is ? null : others[next++]);
  return values;
}

function listCodec(of: ColumnCodec): ColumnCodec {
  return {
    write: (writer, lists) => {
      const elements: unknown[] = [];
      const lengths: number[] = [];
      for (const list of lists) {
        if (!Array.isArray(list) || !isPlainArray(list)) return false;
        lengths.push(list.length);
        for (const element of list as unknown[]) elements.push(element);
      }
      writeIntegers(writer, lengths);
      writer.cells += elements.length;
      return of.write(writer, elements);
    },
    read: (reader, count) => {
      if (count === 1) return [readElements(reader, of, readInteger(reader))];
      const lengths = readIntegers(reader, count);
      return cut(readElements(reader, of, totalOf(lengths)), lengths);
    },
    prepare: (reader, count) => {
      if (count === 0) return nothing;
      const lengths = count === 1 ? [readInteger(reader)] : readIntegers(reader, count);
      const total = totalOf(lengths);
      reader.claim(total);
      const make = of.prepare(reader, total);
      return () => cut(make(), lengths);
    },
  };
}

function totalOf(lengths: readonly number[]): number {
  let total = 0;
  for (const length of lengths) {
    if (length < 0) throw damaged();
    total += length;
  }
  return total;
}

function cut(elements: readonly unknown[], lengths: readonly number[]): unknown[][] {
  const lists: unknown[][] = [];
  let at = 0;
  for (const length of lengths) lists.push(elements.slice(at, (at += length)));
  return lists;
}

function readElements(reader: ByteReader, of: ColumnCodec, count: number): unknown[] {
  if (count < 0) throw damaged();
  reader.claim(count);
  return of.read(reader, count);
}

function rowCodec(shape: RowShape, isGenerated: boolean): ColumnCodec {
  const layouts = new RowLayouts(shape, isGenerated, (column) => slotCodec(column, isGenerated));
  return {
    write: (writer, rows) => {
      const [first] = rows;
      if (rows.length === 0) return true;
      if (!isPlainObject(first)) return false;
      const names = Object.keys(first);
      const layout = layouts.ofNames(names);
      const columns = layout && turn(rows, names);
      if (!columns) return false;
      layouts.write(writer, layout);
      writer.cells += rows.length * (columns.length + 1);
      for (let i = 0; i < columns.length; i++) if (!layout.columns[i]!.write(writer, columns[i]!)) return false;
      return true;
    },
    read: (reader, count) => {
      if (count === 0) return [];
      const { columns, build } = layouts.read(reader);
      reader.claim(count * (columns.length + 1));
      const values: unknown[][] = [];
      for (let i = 0; i < columns.length; i++) values.push(columns[i]!.read(reader, count));
      return build(values, count);
    },
    prepare: (reader, count) => {
      if (count === 0) return nothing;
      const { columns, build } = layouts.read(reader);
      reader.claim(count * (columns.length + 1));
      const makers = columns.map((column) => column.prepare(reader, count));
      return () =>
        build(
          makers.map((make) => make()),
          count,
        );
    },
  };
}

/** The values of rows by column. Null: they do not have these properties, in this order, and no others. */
function turn(rows: readonly unknown[], names: readonly string[]): unknown[][] | null {
  const columns: unknown[][] = [];
  for (let row = 0; row < rows.length; row++) {
    const values = rows[row];
    if (!isPlainObject(values)) return null;
    let at = 0;
    for (const name in values) {
      // Past the last name there is none that it could be.
      if (name !== names[at]) return null;
      if (row === 0) columns.push([values[name]]);
      else columns[at]!.push(values[name]);
      at++;
    }
    if (at !== names.length) return null;
  }
  return columns;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function isPlainArray(value: readonly unknown[]): boolean {
  return Object.getPrototypeOf(value) === Array.prototype && Object.keys(value).length === value.length;
}
