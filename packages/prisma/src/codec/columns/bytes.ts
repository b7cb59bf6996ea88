import { damaged, type ByteReader } from "../byte-reader.js";
import type { ByteWriter } from "../byte-writer.js";
import { readIntegers, writeIntegers } from "./integers.js";

/** Up to this many, a loop is faster than a call. */
const FEW = 32;

export function writeBytes(writer: ByteWriter, values: readonly Uint8Array[]): true {
  writeIntegers(
    writer,
    values.map(({ length }) => length),
  );
  for (const value of values) {
    const { length } = value;
    const at = writer.take(length);
    const { bytes } = writer;
    if (length > FEW) bytes.set(value, at);
    else for (let k = 0; k < length; k++) bytes[at + k] = value[k]!;
  }
  return true;
}

/** Each with a memory of its own: none keeps the whole value alive, nor is changed with it. */
export function readBytes(reader: ByteReader, count: number): Uint8Array[] {
  const lengths = readIntegers(reader, count);
  const values: Uint8Array[] = [];
  const { bytes } = reader;
  for (let i = 0; i < count; i++) {
    const length = lengths[i]!;
    if (length < 0) throw damaged();
    const at = reader.take(length);
    const value = new Uint8Array(length);
    if (length > FEW) value.set(bytes.subarray(at, at + length));
    else for (let k = 0; k < length; k++) value[k] = bytes[at + k]!;
    values.push(value);
  }
  return values;
}

interface PreparedBytes {
  /** All of them, one after the other: what lies together is found faster than what is here and there. */
  readonly all: Uint8Array;
  readonly ends: Uint32Array;
}

export function prepareBytes(reader: ByteReader, count: number): PreparedBytes {
  const lengths = readIntegers(reader, count);
  const ends = new Uint32Array(count);
  let end = 0;
  for (let i = 0; i < count; i++) {
    if (lengths[i]! < 0) throw damaged();
    ends[i] = end += lengths[i]!;
  }
  const at = reader.take(end);
  return { all: new Uint8Array(reader.bytes.subarray(at, at + end)), ends };
}

export function makeBytes({ all, ends }: PreparedBytes, index: number): Uint8Array {
  const from = index === 0 ? 0 : ends[index - 1]!;
  const length = ends[index]! - from;
  if (length > FEW) return all.slice(from, from + length);
  const value = new Uint8Array(length);
  for (let k = 0; k < length; k++) value[k] = all[from + k]!;
  return value;
}
