import type { ByteWriter } from "../byte-writer.js";
import { damaged, type ByteReader } from "../byte-reader.js";

/*
 * Integers: one byte that says how, the smallest of them, then how far each is from it.
 *   bits 0-2  bytes a distance: 0 (all are equal), 1, 2, 3, 4, 6
 *   bits 3-4  the smallest: 0 one byte, signed; 1 four bytes, signed; 2 eight bytes, a double
 * Numbers of other kinds: DOUBLES, then 8 bytes each. Numbers with few decimals: DECIMALS, then integers: hundredths.
 */
const WIDTHS = [0, 1, 2, 3, 4, 6] as const;
/** How many distances there are of so many bytes. */
const ROOM = WIDTHS.map((bytes) => 2 ** (8 * bytes));
const DOUBLES = 0xff;
const HUNDREDTHS = 0xfe;

export function areIntegers(values: readonly number[]): boolean {
  for (const value of values) if (!isInteger(value)) return false;
  return true;
}

function isInteger(value: number): boolean {
  return Number.isSafeInteger(value) && (value !== 0 || 1 / value > 0);
}

/** As `writeIntegers` of one. */
export function writeInteger(writer: ByteWriter, value: number): void {
  writeLeast(writer, value, 0);
}

/** Of `areIntegers`. */
export function writeIntegers(writer: ByteWriter, values: readonly number[]): void {
  if (values.length === 0) return;
  if (values.length === 1) return writeLeast(writer, values[0]!, 0);
  let least = values[0]!;
  let most = least;
  for (const value of values) {
    if (value < least) least = value;
    else if (value > most) most = value;
  }
  let width = 0;
  while (width < WIDTHS.length && most - least >= ROOM[width]!) width++;
  // Each distance is exact: beyond 2^53 it would not be.
  if (width === WIDTHS.length) return writeDoubles(writer, values);
  writeLeast(writer, least, width);
  const bytes = WIDTHS[width]!;
  if (bytes > 0) writer.distances(values, least, bytes);
}

/** `width`: the index of the bytes that each distance from it takes. */
function writeLeast(writer: ByteWriter, least: number, width: number): void {
  const base = least >= -0x80 && least < 0x80 ? 0 : least >= -(2 ** 31) && least < 2 ** 31 ? 1 : 2;
  writer.byte(width | (base << 3));
  if (base === 2) writer.double(least);
  else writer.integer(base === 0 ? least & 0xff : least >>> 0, base === 0 ? 1 : 4);
}

export function writeNumbers(writer: ByteWriter, values: readonly number[]): true {
  if (areIntegers(values)) {
    writeIntegers(writer, values);
    return true;
  }
  const hundredths = inHundredths(values);
  if (hundredths) {
    writer.byte(HUNDREDTHS);
    writeIntegers(writer, hundredths);
  } else writeDoubles(writer, values);
  return true;
}

function inHundredths(values: readonly number[]): number[] | null {
  const hundredths: number[] = [];
  for (const value of values) {
    const hundredth = Math.round(value * 100);
    if (hundredth / 100 !== value || !isInteger(hundredth)) return null;
    hundredths.push(hundredth);
  }
  return hundredths;
}

function writeDoubles(writer: ByteWriter, values: readonly number[]): void {
  writer.byte(DOUBLES);
  for (const value of values) writer.double(value);
}

export function readNumbers(reader: ByteReader, count: number): number[] {
  if (count === 0) return [];
  const mode = reader.byte();
  if (mode === DOUBLES) {
    const values: number[] = [];
    reader.at = reader.take(count * 8);
    for (let i = 0; i < count; i++) values.push(reader.double());
    return values;
  }
  if (mode !== HUNDREDTHS) return distances(reader, count, mode);
  const values = readIntegers(reader, count);
  for (let i = 0; i < count; i++) values[i]! /= 100;
  return values;
}

/** Safe ones, or it throws. */
export function readIntegers(reader: ByteReader, count: number): number[] {
  if (count === 0) return [];
  const mode = reader.byte();
  if (mode !== DOUBLES) return distances(reader, count, mode);
  reader.at--;
  const values = readNumbers(reader, count);
  if (!areIntegers(values)) throw damaged();
  return values;
}

/** As `readIntegers` of one, which most columns of a single row are. */
export function readInteger(reader: ByteReader): number {
  const mode = reader.byte();
  if ((mode & 7) === 0 && mode <= 0b1_0000) return readLeast(reader, mode >> 3);
  reader.at--;
  return readIntegers(reader, 1)[0]!;
}

function distances(reader: ByteReader, count: number, mode: number): number[] {
  const bytes = WIDTHS[mode & 7];
  if (mode > 0b1_0111 || bytes === undefined) throw damaged();
  const least = readLeast(reader, mode >> 3);
  const { bytes: from } = reader;
  let at = reader.take(count * bytes);
  const values: number[] = [];
  switch (bytes) {
    case 0:
      for (let i = 0; i < count; i++) values.push(least);
      return values;
    case 1:
      for (let i = 0; i < count; i++) values.push(least + from[at++]!);
      break;
    case 2:
      for (let i = 0; i < count; i++, at += 2) values.push(least + (from[at]! | (from[at + 1]! << 8)));
      break;
    case 3:
      for (let i = 0; i < count; i++, at += 3) {
        values.push(least + (from[at]! | (from[at + 1]! << 8) | (from[at + 2]! << 16)));
      }
      break;
    case 4:
      for (let i = 0; i < count; i++, at += 4) values.push(least + four(from, at));
      break;
    case 6:
      for (let i = 0; i < count; i++, at += 6) {
        values.push(least + four(from, at) + (from[at + 4]! | (from[at + 5]! << 8)) * 2 ** 32);
      }
      break;
    default:
      bytes satisfies never;
  }
  // The smallest is a safe integer, and so must the greatest be.
  if (Math.abs(least) > Number.MAX_SAFE_INTEGER - 2 ** 48 && !areIntegers(values)) throw damaged();
  return values;
}

function readLeast(reader: ByteReader, base: number): number {
  if (base === 2) {
    const least = reader.double();
    if (!Number.isSafeInteger(least) || Object.is(least, -0)) throw damaged();
    return least;
  }
  const { bytes } = reader;
  if (base === 0) return (bytes[reader.take(1)]! << 24) >> 24;
  return four(bytes, reader.take(4)) | 0;
}

function four(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}
