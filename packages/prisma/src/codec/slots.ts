import { damaged, type ByteReader } from "./byte-reader.js";
import type { ByteWriter } from "./byte-writer.js";
import { readScalars, writeScalars } from "./columns/column.js";
import { readIntegers, writeIntegers } from "./columns/integers.js";
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

/** Writes and reads the values of shapes. Keeps what was compiled for the rows in them. */
export class Slots {
  readonly #layouts = new Map<RowShape, RowLayouts>();

  constructor(private readonly isGenerated: boolean) {}

  /** False: they do not fit exactly. */
  write(writer: ByteWriter, { shape, isNullable }: Slot, values: readonly unknown[]): boolean {
    if (values.length === 0) return true;
    if (!isNullable || shape.kind === "json") return this.#writeShape(writer, shape, values);
    const present = values.includes(null) ? values.filter((value) => value !== null) : values;
    if (present.length === values.length) writer.byte(NONE);
    else if (present.length === 0) writer.byte(ALL);
    else {
      writer.byte(SOME);
      writer.bits(values.length, (i) => values[i] === null);
    }
    return this.#writeShape(writer, shape, present);
  }

  read(reader: ByteReader, { shape, isNullable }: Slot, count: number): unknown[] {
    if (count === 0) return [];
    if (!isNullable || shape.kind === "json") return this.#readShape(reader, shape, count);
    const nulls = reader.byte();
    if (nulls === NONE) return this.#readShape(reader, shape, count);
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
    const present = this.#readShape(reader, shape, count - absent);
    let next = 0;
    for (let i = 0; i < count; i++) values.push(isNull(i) ? null : present[next++]);
    return values;
  }

  #writeShape(writer: ByteWriter, shape: Shape, values: readonly unknown[]): boolean {
    if (values.length === 0) return true;
    switch (shape.kind) {
      case "list":
        return this.#writeLists(writer, shape.of, values);
      case "row":
        return this.#writeRows(writer, shape, values);
      default:
        return writeScalars(writer, shape.kind, values);
    }
  }

  #readShape(reader: ByteReader, shape: Shape, count: number): unknown[] {
    if (count === 0) return [];
    switch (shape.kind) {
      case "list":
        return this.#readLists(reader, shape.of, count);
      case "row":
        return this.#readRows(reader, shape, count);
      default:
        return readScalars(reader, shape.kind, count);
    }
  }

  #writeLists(writer: ByteWriter, of: Shape, lists: readonly unknown[]): boolean {
    const elements: unknown[] = [];
    const lengths: number[] = [];
    for (const list of lists) {
      if (!Array.isArray(list) || !isPlainArray(list)) return false;
      lengths.push(list.length);
      for (const element of list as unknown[]) elements.push(element);
    }
    writeIntegers(writer, lengths);
    writer.cells += elements.length;
    return this.write(writer, { shape: of, isNullable: false }, elements);
  }

  #readLists(reader: ByteReader, of: Shape, count: number): unknown[] {
    const lengths = readIntegers(reader, count);
    let total = 0;
    for (const length of lengths) {
      if (length < 0) throw damaged();
      total += length;
    }
    reader.claim(total);
    const elements = this.#readShape(reader, of, total);
    if (count === 1) return [elements];
    const lists: unknown[][] = [];
    let at = 0;
    for (const length of lengths) lists.push(elements.slice(at, (at += length)));
    return lists;
  }

  #writeRows(writer: ByteWriter, shape: RowShape, rows: readonly unknown[]): boolean {
    const layouts = this.#layoutsOf(shape);
    const [first] = rows;
    if (!isPlainObject(first)) return false;
    const names = Object.keys(first);
    const layout = layouts.ofNames(names);
    if (!layout) return false;
    const columns: unknown[][] = names.map(() => []);
    for (const row of rows) {
      if (!isPlainObject(row)) return false;
      let at = 0;
      for (const name in row) {
        // Past the last name there is none that it could be.
        if (name !== names[at]) return false;
        columns[at++]!.push(row[name]);
      }
      if (at !== names.length) return false;
    }
    layouts.write(writer, layout);
    writer.cells += rows.length * (layout.columns.length + 1);
    return layout.columns.every((column, i) => this.write(writer, column, columns[i]!));
  }

  #readRows(reader: ByteReader, shape: RowShape, count: number): unknown[] {
    const { columns, build } = this.#layoutsOf(shape).read(reader);
    reader.claim(count * (columns.length + 1));
    const values: unknown[][] = [];
    for (const column of columns) values.push(this.read(reader, column, count));
    return build(values, count);
  }

  #layoutsOf(shape: RowShape): RowLayouts {
    let layouts = this.#layouts.get(shape);
    if (!layouts) this.#layouts.set(shape, (layouts = new RowLayouts(shape, this.isGenerated)));
    return layouts;
  }
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function isPlainArray(value: readonly unknown[]): boolean {
  return Object.getPrototypeOf(value) === Array.prototype && Object.keys(value).length === value.length;
}
