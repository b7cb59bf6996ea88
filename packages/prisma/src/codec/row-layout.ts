import { damaged, type ByteReader } from "./byte-reader.js";
import type { ByteWriter } from "./byte-writer.js";
import { rowBuilder, type RowBuilder } from "./row-builder.js";
import type { Column, RowShape } from "./shape.js";

/** The columns that rows have, in the order in which they have them. */
export interface Layout {
  readonly columns: readonly Column[];
  readonly build: RowBuilder;
  /** The index in the shape of each column. `null`: all of them, in the shape's order. */
  readonly order: readonly number[] | null;
}

/** Other orders that are remembered. Applications select columns in few orders. */
const MOST_LAYOUTS = 16;

/** The layouts in which rows of one shape have come. Prisma gives columns in the order in which they were selected. */
export class RowLayouts {
  readonly standard: Layout;
  readonly #shape: RowShape;
  readonly #isGenerated: boolean;
  readonly #indexes: ReadonlyMap<string, number>;
  readonly #others = new Map<string, Layout>();

  constructor(shape: RowShape, isGenerated: boolean) {
    this.#shape = shape;
    this.#isGenerated = isGenerated;
    this.#indexes = new Map(shape.columns.map(({ name }, i) => [name, i]));
    this.standard = this.#make(null);
  }

  /** `null`: a row of this shape does not have these properties. */
  ofNames(names: readonly string[]): Layout | null {
    const { columns } = this.#shape;
    if (names.length === columns.length && columns.every(({ name }, i) => name === names[i])) return this.standard;
    const order = names.map((name) => this.#indexes.get(name) ?? -1);
    return this.#of(order);
  }

  write(writer: ByteWriter, { order }: Layout): void {
    writer.count(order ? order.length : 0);
    if (order) for (const index of order) writer.count(index);
  }

  read(reader: ByteReader): Layout {
    const count = reader.count();
    if (count === 0) return this.standard;
    if (count > this.#shape.columns.length) throw damaged();
    const order: number[] = [];
    for (let i = 0; i < count; i++) order.push(reader.count());
    const layout = this.#of(order);
    if (!layout) throw damaged();
    return layout;
  }

  #of(order: readonly number[]): Layout | null {
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

  #make(order: readonly number[] | null, isWorthCode = true): Layout {
    const columns = order ? order.map((index) => this.#shape.columns[index]!) : this.#shape.columns;
    const names = columns.map(({ name }) => name);
    return { columns, order, build: rowBuilder(names, this.#isGenerated && isWorthCode) };
  }
}
