import type { ByteReader } from "../byte-reader.js";
import type { ByteWriter } from "../byte-writer.js";
import { readIntegers, writeIntegers } from "./integers.js";

/** How: as integers that a number holds, or 8 bytes each, signed. */
const SAFE = 0;
const WIDE = 1;

const MOST_SAFE = BigInt(Number.MAX_SAFE_INTEGER);
const MOST_WIDE = 2n ** 63n;

const wide = new BigInt64Array(1);
const wideBytes = new Uint8Array(wide.buffer);

/** False: one of them has more than 64 bits. */
export function writeBigints(writer: ByteWriter, values: readonly bigint[]): boolean {
  if (values.length === 0) return true;
  if (values.every((value) => value <= MOST_SAFE && value >= -MOST_SAFE)) {
    writer.byte(SAFE);
    writeIntegers(writer, values.map(Number));
    return true;
  }
  if (!values.every((value) => value < MOST_WIDE && value >= -MOST_WIDE)) return false;
  writer.byte(WIDE);
  for (const value of values) {
    wide[0] = value;
    const at = writer.take(8);
    writer.bytes.set(wideBytes, at);
  }
  return true;
}

export function readBigints(reader: ByteReader, count: number): bigint[] {
  if (count === 0) return [];
  const values: bigint[] = [];
  if (reader.byte() === SAFE) {
    const numbers = readIntegers(reader, count);
    for (let i = 0; i < count; i++) values.push(BigInt(numbers[i]!));
    return values;
  }
  let at = reader.take(count * 8);
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < 8; k++) wideBytes[k] = reader.bytes[at++]!;
    values.push(wide[0]!);
  }
  return values;
}
