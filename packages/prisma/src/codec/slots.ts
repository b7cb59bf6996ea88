import { BLANK } from "./blank.js";
import { damaged, type ByteReader } from "./byte-reader.js";
import type { ByteWriter } from "./byte-writer.js";
import { makerOf, SHARED, sparseMakerOf, type ColumnCodec, type Make, type Sparse } from "./columns/column-codec.js";
import { scalarColumn } from "./columns/scalars.js";
import { readInteger, readIntegers, writeIntegers } from "./columns/integers.js";
import { isPlainObject } from "./plain-object.js";
import { preparedRowBuilder, type RowBuilder } from "./row-builder.js";
import { RowLayouts, type Layout } from "./row-layout.js";
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
    ...(present.maker.one === null ? sharedNullable(present) : sparse(present, present.maker.one)),
  };
}

type Preparing = Pick<ColumnCodec, "prepare" | "maker">;

function sharedNullable(present: ColumnCodec): Preparing {
  return {
    prepare: (reader, count) => {
      if (count === 0) return [];
      const nulls = reader.byte();
      if (nulls === NONE) return present.prepare(reader, count);
      const isNull = readNulls(reader, count, nulls);
      return spread(isNull, present.prepare(reader, othersIn(isNull)) as readonly unknown[]);
    },
    maker: SHARED,
  };
}

function sparse(present: ColumnCodec, make: Make): Preparing {
  return {
    prepare: (reader, count): Sparse => {
      if (count === 0) return { prepared: [], places: null };
      const nulls = reader.byte();
      if (nulls === NONE) return { prepared: present.prepare(reader, count), places: null };
      const isNull = readNulls(reader, count, nulls);
      let others = 0;
      const places = Int32Array.from(isNull, (is) => (is ? -1 : others++));
      return { prepared: present.prepare(reader, others), places };
    },
    maker: sparseMakerOf(make),
  };
}

function shapeCodec(shape: Shape, isGenerated: boolean): ColumnCodec {
  switch (shape.kind) {
    case "list":
      return listCodec(shapeCodec(shape.of, isGenerated));
    case "row":
      return rowCodec(shape, isGenerated);
    default:
      return scalarColumn(shape.kind, isGenerated);
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
  writer.bits(values, null);
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
  const read = (reader: ByteReader, count: number): unknown[][] => {
    if (count === 1) return [readElements(reader, of, readInteger(reader))];
    const lengths = readIntegers(reader, count);
    return cut(readElements(reader, of, totalOf(lengths)), lengths);
  };
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
    read,
    ...(of.maker.one === null ? { prepare: read, maker: makerOf(copyList) } : preparedLists(of)),
  };
}

/** Of elements that cannot be changed. */
function copyList(lists: readonly (readonly unknown[])[], index: number): unknown[] {
  return lists[index]!.slice();
}

function preparedLists(of: ColumnCodec): Preparing {
  const { many } = of.maker;
  return {
    prepare: (reader, count): Lists => {
      const ends = new Uint32Array(count);
      if (count === 0) return { elements: null, ends };
      const lengths = count === 1 ? [readInteger(reader)] : readIntegers(reader, count);
      const total = totalOf(lengths);
      reader.claim(total);
      let end = 0;
      for (let i = 0; i < count; i++) ends[i] = end += lengths[i]!;
      return { elements: of.prepare(reader, total), ends };
    },
    maker: makerOf(({ elements, ends }: Lists, index) => {
      const from = index === 0 ? 0 : ends[index - 1]!;
      const to = ends[index]!;
      return from === to ? BLANK.slice(0, 0) : many(elements as never, from, to);
    }),
  };
}

interface Lists {
  /** Of all lists, one after the other. */
  readonly elements: unknown;
  /** How many there are in a list and those before it. */
  readonly ends: Uint32Array;
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
      const layout = layouts.ofNames(Object.keys(first));
      const columns = layout && layout.turn(rows);
      if (!columns) return false;
      layouts.write(writer, layout);
      writer.cells += rows.length * (columns.length + 1);
      for (let i = 0; i < columns.length; i++) if (!layout.columns[i]!.write(writer, columns[i]!)) return false;
      return true;
    },
    read: (reader, count) => {
      if (count === 0) return [];
      const { columns, builder } = layouts.read(reader);
      reader.claim(count * (columns.length + 1));
      const values: unknown[][] = [];
      for (let i = 0; i < columns.length; i++) values.push(columns[i]!.read(reader, count));
      return builder.many(values, 0, count);
    },
    prepare: (reader, count): Rows => {
      if (count === 0) return { columns: [], builder: layouts.standard.builder };
      const layout = layouts.read(reader);
      reader.claim(count * (layout.columns.length + 1));
      return { columns: layout.columns.map((column) => column.prepare(reader, count)), builder: builderOf(layout) };
    },
    maker: {
      one: ({ columns, builder }: Rows, index) => builder.one(columns, index),
      many: ({ columns, builder }: Rows, from, to) => builder.many(columns, from, to),
    },
  };
}

interface Rows {
  readonly columns: readonly unknown[];
  readonly builder: RowBuilder;
}

/** The builders of prepared rows, by layout: made for those that are kept in memory. */
const BUILDERS = new WeakMap<Layout<ColumnCodec>, RowBuilder>();

function builderOf(layout: Layout<ColumnCodec>): RowBuilder {
  const known = BUILDERS.get(layout);
  if (known) return known;
  const { columns, names, isGenerated } = layout;
  const properties = names.map((name, i) => ({ name, maker: columns[i]!.maker }));
  const builder = preparedRowBuilder(properties, isGenerated);
  BUILDERS.set(layout, builder);
  return builder;
}

function isPlainArray(value: readonly unknown[]): boolean {
  return Object.getPrototypeOf(value) === Array.prototype && Object.keys(value).length === value.length;
}
