import { damaged, type ByteReader } from "./byte-reader.js";
import type { ByteWriter } from "./byte-writer.js";
import { scalarColumn } from "./columns/scalars.js";
import { readInteger, readIntegers, writeIntegers } from "./columns/integers.js";
import { RowLayouts } from "./row-layout.js";
import type { RowShape, Shape, Slot } from "./shape.js";

/** Writes and reads the values of one slot, or of one shape, which lie together. */
export interface ColumnCodec {
  /** False: they do not fit exactly. What was written until then is of no use. */
  readonly write: (writer: ByteWriter, values: readonly unknown[]) => boolean;
  /** @throws where the bytes are not of `count` values of this shape */
  readonly read: (reader: ByteReader, count: number) => unknown[];
}

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
      return nulls === NONE ? present.read(reader, count) : readNullable(reader, present, count, nulls);
    },
  };
}

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

function readNullable(reader: ByteReader, present: ColumnCodec, count: number, nulls: number): unknown[] {
  const values: unknown[] = [];
  if (nulls === ALL) {
    for (let i = 0; i < count; i++) values.push(null);
    return values;
  }
  if (nulls !== SOME) throw damaged();
  const { bytes } = reader;
  const from = reader.take((count + 7) >> 3);
  const isNull = (i: number) => ((bytes[from + (i >> 3)]! >> (i & 7)) & 1) === 1;
  let absent = 0;
  for (let i = 0; i < count; i++) if (isNull(i)) absent++;
  const others = present.read(reader, count - absent);
  let next = 0;
  for (let i = 0; i < count; i++) values.push(isNull(i) ? null : others[next++]);
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
      let total = 0;
      for (const length of lengths) {
        if (length < 0) throw damaged();
        total += length;
      }
      const elements = readElements(reader, of, total);
      const lists: unknown[][] = [];
      let at = 0;
      for (const length of lengths) lists.push(elements.slice(at, (at += length)));
      return lists;
    },
  };
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
      return layout.columns.every((column, i) => column.write(writer, columns[i]!));
    },
    read: (reader, count) => {
      if (count === 0) return [];
      const { columns, build } = layouts.read(reader);
      reader.claim(count * (columns.length + 1));
      const values: unknown[][] = [];
      for (let i = 0; i < columns.length; i++) values.push(columns[i]!.read(reader, count));
      return build(values, count);
    },
  };
}

/** The values of rows by column. Null: they do not have these properties, in this order, and no others. */
function turn(rows: readonly unknown[], names: readonly string[]): unknown[][] | null {
  const columns: unknown[][] = names.map(() => []);
  for (const row of rows) {
    if (!isPlainObject(row)) return null;
    let at = 0;
    for (const name in row) {
      // Past the last name there is none that it could be.
      if (name !== names[at]) return null;
      columns[at++]!.push(row[name]);
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
