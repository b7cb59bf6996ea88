import type { ByteReader } from "../byte-reader.js";
import type { ByteWriter } from "../byte-writer.js";

export function writeBooleans(writer: ByteWriter, values: readonly boolean[]): true {
  writer.bits(values, true);
  return true;
}

export function readBooleans(reader: ByteReader, count: number): boolean[] {
  const { bytes } = reader;
  const at = reader.take((count + 7) >> 3);
  const values: boolean[] = [];
  for (let i = 0; i < count; i++) values.push(((bytes[at + (i >> 3)]! >> (i & 7)) & 1) === 1);
  return values;
}
