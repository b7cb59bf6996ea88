import { damaged, type ByteReader } from "../byte-reader.js";
import type { ByteWriter } from "../byte-writer.js";
import { readInteger, readIntegers, writeInteger, writeIntegers } from "./integers.js";

const SECOND = 1000;
/** How: in milliseconds or in seconds since the Unix epoch. */
const MILLISECONDS = 0;
const SECONDS = 1;
const LATEST = 8.64e15;

/** False: one of them is no valid date. */
export function writeDates(writer: ByteWriter, values: readonly Date[]): boolean {
  if (values.length === 0) return true;
  if (values.length === 1) return writeTime(writer, values[0]!.getTime());
  const times: number[] = [];
  let inSeconds = true;
  for (const value of values) {
    const time = value.getTime();
    if (Number.isNaN(time)) return false;
    if (inSeconds && !isInSeconds(time)) inSeconds = false;
    times.push(time);
  }
  writer.byte(inSeconds ? SECONDS : MILLISECONDS);
  if (inSeconds) for (let i = 0; i < times.length; i++) times[i]! /= SECOND;
  writeIntegers(writer, times);
  return true;
}

/** As `writeDates` of one. */
function writeTime(writer: ByteWriter, time: number): boolean {
  if (Number.isNaN(time)) return false;
  const inSeconds = isInSeconds(time);
  writer.byte(inSeconds ? SECONDS : MILLISECONDS);
  writeInteger(writer, inSeconds ? time / SECOND : time);
  return true;
}

/** The quotient of a time is exact enough to tell; its remainder would take a call. */
function isInSeconds(time: number): boolean {
  return Number.isInteger(time / SECOND);
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
