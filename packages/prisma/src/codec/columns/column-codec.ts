import type { ByteReader } from "../byte-reader.js";
import type { ByteWriter } from "../byte-writer.js";

/** Writes and reads the values of one slot, or of one shape, which lie together. */
export interface ColumnCodec {
  /** False: they do not fit exactly. What was written until then is of no use. */
  readonly write: (writer: ByteWriter, values: readonly unknown[]) => boolean;
  /** @throws where the bytes are not of `count` values of this shape */
  readonly read: (reader: ByteReader, count: number) => unknown[];
  /** As `read`, once for all times that the values are to be made. */
  readonly prepare: (reader: ByteReader, count: number) => ColumnMaker;
}

/** Makes the values of a column anew. What cannot be changed is the same each time, and so may the array be. */
export type ColumnMaker = () => readonly unknown[];
