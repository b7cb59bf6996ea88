import { BLANK } from "../blank.js";
import type { ByteReader } from "../byte-reader.js";
import type { ByteWriter } from "../byte-writer.js";

/** Writes and reads the values of one slot, or of one shape, which lie together. */
export interface ColumnCodec {
  /** False: they do not fit exactly. What was written until then is of no use. */
  readonly write: (writer: ByteWriter, values: readonly unknown[]) => boolean;
  /** @throws where the bytes are not of `count` values of this shape */
  readonly read: (reader: ByteReader, count: number) => unknown[];
  /** As `read`, once for all times that the values are to be made. What it returns is for `maker` alone to look into. */
  readonly prepare: (reader: ByteReader, count: number) => unknown;
  readonly maker: Maker;
}

/** Makes a value of a column out of what was prepared of it, anew. */
export type Make = (prepared: never, index: number) => unknown;

/** How the values of a prepared column are made. */
export interface Maker {
  /** Null: what was prepared is an array of the values, none of which can be changed. */
  readonly one: Make | null;
  /** The values at `from` and on, before `to`. */
  readonly many: (prepared: never, from: number, to: number) => unknown[];
  /** Makes the values that are not null, where some may be: what is prepared is `Sparse` then. */
  readonly present?: Make;
}

/** A column that may have nulls. */
export interface Sparse {
  /** Of those that are not null. */
  readonly prepared: unknown;
  /** For each value its index among these, -1 for null. Null: all are there. */
  readonly places: Int32Array | null;
}

/** Of values that cannot be changed. */
export const SHARED: Maker = {
  one: null,
  many: (values: readonly unknown[], from: number, to: number) => values.slice(from, to),
};

export function makerOf(one: Make): Maker {
  return {
    one,
    many: (prepared, from, to) => {
      const values: unknown[] = BLANK.slice(0, to - from);
      for (let i = from; i < to; i++) values[i - from] = one(prepared, i);
      return values;
    },
  };
}

/** Of values some of which may be null; `present` makes the others. */
export function sparseMakerOf(present: Make): Maker {
  const one = ({ prepared, places }: Sparse, index: number): unknown => {
    const place = places === null ? index : places[index]!;
    return place < 0 ? null : present(prepared as never, place);
  };
  return { ...makerOf(one), present };
}
