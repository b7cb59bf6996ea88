import { damaged, type ByteReader } from "./byte-reader.js";
import type { ByteWriter } from "./byte-writer.js";
import { rowBuilder, type RowBuilder } from "./row-builder.js";
import { rowTurner, type RowTurner } from "./row-turner.js";
import type { Column, RowShape } from "./shape.js";

/** The columns that rows have, in the order in which they have them. */
export interface Layout<T> {
  readonly columns: readonly T[];
  readonly names: readonly string[];
  /** Of columns that are arrays of values. */
  readonly builder: RowBuilder;
  readonly turn: RowTurner;
  /** Orders that come and go are not worth that code is made of them. */
  readonly isGenerated: boolean;
  /** The index in the shape of each column. `null`: all of them, in the shape's order. */
  readonly order: readonly number[] | null;
}

/** Other orders that are remembered. Applications select columns in few orders. */
const MOST_LAYOUTS = 16;

/** The layouts in which rows of one shape have come. Prisma gives columns in the order in which they were selected. */
export class RowLayouts<T> {
  readonly standard: Layout<T>;
  readonly #shape: RowShape;
  readonly #columns: readonly T[];
  readonly #isGenerated: boolean;
  readonly #indexes: ReadonlyMap<string, number>;
  readonly #others = new Map<string, Layout<T>>();

  /** `columnOf`: what a layout has for each of its columns. */
  constructor(shape: RowShape, isGenerated: boolean, columnOf: (column: Column) => T) {
    this.#shape = shape;
    this.#columns = shape.columns.map(columnOf);
    this.#isGenerated = isGenerated;
    this.#indexes = new Map(shape.columns.map(({ name }, i) => [name, i]));
    this.standard = this.#make(null);
  }

  /** `null`: a row of this shape does not have these properties. */
  ofNames(names: readonly string[]): Layout<T> | null {
    const { columns } = this.#shape;
    if (areOf(columns, names)) return this.standard;
    const order = names.map((name) => this.#indexes.get(name) ?? -1);
    return this.#of(order);
  }

  write(writer: ByteWriter, { order }: Layout<T>): void {
    writer.count(order ? order.length : 0);
    if (order) for (const index of order) writer.count(index);
  }

  read(reader: ByteReader): Layout<T> {
    const count = reader.count();
    if (count === 0) return this.standard;
    if (count > this.#shape.columns.length) throw damaged();
    const order: number[] = [];
    for (let i = 0; i < count; i++) order.push(reader.count());
    const layout = this.#of(order);
    if (!layout) throw damaged();
    return layout;
  }

  #of(order: readonly number[]): Layout<T> | null {
    const key = order.join();
    const known = this.#others.get(key);
    if (known) return known;
    if (!this.#isComplete(order)) return null;
    const layout = this.#make(order, this.#others.size < MOST_LAYOUTS);
    if (this.#others.size < MOST_LAYOUTS) this.#others.set(key, layout);
    return layout;
  }

  #isComplete(order: readonly number[]): boolean {
    const { columns } = this.#shape;
    const seen = new Set(order);
    if (seen.size !== order.length || order.some((index) => columns[index] === undefined)) return false;
    return columns.every(({ isOptional }, index) => isOptional || seen.has(index));
  }

  #make(order: readonly number[] | null, isWorthCode = true): Layout<T> {
    const indexes = order ?? this.#columns.keys();
    const columns: T[] = [];
    const names: string[] = [];
    for (const index of indexes) {
      columns.push(this.#columns[index]!);
      names.push(this.#shape.columns[index]!.name);
    }
    const isGenerated = this.#isGenerated && isWorthCode;
    const builder = rowBuilder(names, isGenerated);
    return { columns, names, order, isGenerated, builder, turn: rowTurner(names, isGenerated) };
  }
}

function areOf(columns: readonly Column[], names: readonly string[]): boolean {
  if (names.length !== columns.length) return false;
  for (let i = 0; i < names.length; i++) if (names[i] !== columns[i]!.name) return false;
  return true;
}
