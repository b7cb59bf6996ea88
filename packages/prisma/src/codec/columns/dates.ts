import { damaged, type ByteReader } from "../byte-reader.js";
import type { ByteWriter } from "../byte-writer.js";
import { readInteger, readIntegers, writeIntegers } from "./integers.js";

const SECOND = 1000;
/** How: in milliseconds or in seconds since the Unix epoch. */
const MILLISECONDS = 0;
const SECONDS = 1;
const LATEST = 8.64e15;

/** False: one of them is no valid date. */
export function writeDates(writer: ByteWriter, values: readonly Date[]): boolean {
  if (values.length === 0) return true;
  const times = values.map((value) => value.getTime());
  if (times.some(Number.isNaN)) return false;
  const inSeconds = times.every((time) => time % SECOND === 0);
  writer.byte(inSeconds ? SECONDS : MILLISECONDS);
  writeIntegers(writer, inSeconds ? times.map((time) => time / SECOND) : times);
  return true;
}

export function readDates(reader: ByteReader, count: number): Date[] {
  if (count === 0) return [];
  const scale = reader.byte() === SECONDS ? SECOND : 1;
  if (count === 1) return [dateOf(readInteger(reader) * scale)];
  const times = readIntegers(reader, count);
  const values: Date[] = [];
  for (let i = 0; i < count; i++) values.push(dateOf(times[i]! * scale));
  return values;
}

/** Their times, side by side: dates, each somewhere in memory, would take longer to look at than to make. */
export function prepareDates(reader: ByteReader, count: number): Float64Array {
  return Float64Array.from(readDates(reader, count), Number);
}

export function makeDate(times: Float64Array, index: number): Date {
  return new Date(times[index]!);
}

function dateOf(time: number): Date {
  if (time > LATEST || time < -LATEST) throw damaged();
  return new Date(time);
}
