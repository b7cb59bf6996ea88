import { Decimal } from "@prisma/client/runtime/client";
import { damaged, type ByteReader } from "../byte-reader.js";
import type { ByteWriter } from "../byte-writer.js";
import { copyDecimal, makeDecimal, partsOf, WORD, WORD_DIGITS, type DecimalParts } from "../decimal.js";
import { readIntegers, writeIntegers } from "./integers.js";

/*
 * SCALED and how many decimals: the values as integers of that many decimals. PARTS: what each consists of.
 *   per value a byte: 0 NaN, 1 Infinity, 2 -Infinity, else 4 + twice the number of words, + 1 if negative
 *   then the exponents, and all words
 */
const SCALED_LIMIT = WORD_DIGITS;
const PARTS = 0xff;
const NAN = 0;
const INFINITE = 1;
const FIRST = 4;
const MOST_WORDS = (0xff - FIRST) >> 1;

const POWERS = Array.from({ length: WORD_DIGITS + 1 }, (_, i) => 10 ** i);

/** False: one of them is too long to be written. */
export function writeDecimals(writer: ByteWriter, values: readonly Decimal[]): boolean {
  if (values.length === 0) return true;
  const parts: readonly DecimalParts[] = values;
  const scaled = scale(parts);
  if (scaled) {
    writer.byte(scaled.decimals);
    writeIntegers(writer, scaled.integers);
    return true;
  }
  writer.byte(PARTS);
  const exponents: number[] = [];
  const words: number[] = [];
  for (const { s, e, d } of parts) {
    if (d === null) writer.byte(Number.isNaN(s) ? NAN : s < 0 ? INFINITE + 1 : INFINITE);
    else {
      if (d.length > MOST_WORDS) return false;
      writer.byte(FIRST + d.length * 2 + (s < 0 ? 1 : 0));
      exponents.push(e);
      words.push(...d);
    }
  }
  writeIntegers(writer, exponents);
  writer.count(words.length);
  writeIntegers(writer, words);
  return true;
}

interface Scaled {
  readonly decimals: number;
  readonly integers: readonly number[];
}

/** Null: not all of them are exact as numbers, with few decimals. */
function scale(parts: readonly DecimalParts[]): Scaled | null {
  let decimals = 0;
  for (const { s, e, d } of parts) {
    if (d === null || e > 15 || e < -WORD_DIGITS || (s < 0 && d[0] === 0)) return null;
    const whole = wholeWords(e);
    if (d.length > whole + 1) return null;
    if (d.length <= whole) continue;
    const fraction = d[whole]!;
    while (fraction % POWERS[SCALED_LIMIT - decimals]! !== 0) decimals++;
  }
  const integers: number[] = [];
  for (const { s, e, d } of parts) {
    const whole = wholeWords(e);
    let integer = 0;
    for (let i = 0; i < whole; i++) integer = integer * WORD + (d![i] ?? 0);
    const fraction = d!.length > whole ? d![whole]! / POWERS[SCALED_LIMIT - decimals]! : 0;
    integer = integer * POWERS[decimals]! + fraction;
    if (integer > Number.MAX_SAFE_INTEGER) return null;
    integers.push(s < 0 ? -integer : integer);
  }
  return { decimals, integers };
}

/** How many words stand before the decimal point. */
function wholeWords(exponent: number): number {
  return Math.floor(exponent / WORD_DIGITS) + 1;
}

export function readDecimals(reader: ByteReader, count: number): Decimal[] {
  if (count === 0) return [];
  const mode = reader.byte();
  if (mode === PARTS) return readParts(reader, count);
  if (mode > SCALED_LIMIT) throw damaged();
  const integers = readIntegers(reader, count);
  const values: Decimal[] = [];
  for (let i = 0; i < count; i++) values.push(unscale(integers[i]!, mode));
  return values;
}

function unscale(integer: number, decimals: number): Decimal {
  const s = integer < 0 ? -1 : 1;
  const power = POWERS[decimals]!;
  let rest = Math.floor(Math.abs(integer) / power);
  const fraction = (Math.abs(integer) % power) * POWERS[SCALED_LIMIT - decimals]!;
  if (rest === 0) {
    if (fraction === 0) return makeDecimal(s, 0, oneWord(0));
    return makeDecimal(s, digitsOf(fraction) - 1 - WORD_DIGITS, oneWord(fraction));
  }
  let e: number;
  let d: number[];
  if (rest < WORD) {
    e = digitsOf(rest) - 1;
    d = fraction === 0 ? oneWord(rest) : twoWords(rest, fraction);
  } else {
    d = fraction === 0 ? [] : oneWord(fraction);
    let words = 0;
    for (; rest >= WORD; rest = Math.floor(rest / WORD), words++) {
      const word = rest % WORD;
      // A decimal has no words of zeros at its end.
      if (word !== 0 || d.length > 0) d.unshift(word);
    }
    d.unshift(rest);
    e = digitsOf(rest) - 1 + words * WORD_DIGITS;
  }
  return makeDecimal(s, e, d);
}

// What is handed out are copies of these, not literals: see blank.ts. The words are made integers, as they are in
// Decimal's own instances: one that came of a division would make V8 turn its list, and any made here, into one of doubles.
const ONE_WORD = [0];
const TWO_WORDS = [0, 0];

function oneWord(word: number): number[] {
  const words = ONE_WORD.slice();
  words[0] = word | 0;
  return words;
}

function twoWords(first: number, second: number): number[] {
  const words = TWO_WORDS.slice();
  words[0] = first | 0;
  words[1] = second | 0;
  return words;
}

function digitsOf(word: number): number {
  let digits = 1;
  while (word >= POWERS[digits]!) digits++;
  return digits;
}

function readParts(reader: ByteReader, count: number): Decimal[] {
  const { bytes } = reader;
  const from = reader.take(count);
  let finite = 0;
  for (let i = 0; i < count; i++) if (bytes[from + i]! >= FIRST) finite++;
  const exponents = readIntegers(reader, finite);
  const wordCount = reader.count();
  reader.claim(wordCount);
  const words = readIntegers(reader, wordCount);
  const values: Decimal[] = [];
  let next = 0;
  let at = 0;
  for (let i = 0; i < count; i++) {
    const head = bytes[from + i]!;
    if (head < FIRST) {
      if (head > INFINITE + 1) throw damaged();
      values.push(new Decimal(head === NAN ? Number.NaN : head === INFINITE ? Infinity : -Infinity));
      continue;
    }
    const d = words.slice(at, (at += (head - FIRST) >> 1));
    const e = exponents[next++]!;
    if (at > wordCount || !isDecimal(e, d)) throw damaged();
    values.push(makeDecimal((head & 1) === 1 ? -1 : 1, e, d));
  }
  if (at !== wordCount) throw damaged();
  return values;
}

/** Whether Decimal itself would have made these parts. */
function isDecimal(e: number, d: readonly number[]): boolean {
  const [first] = d;
  if (first === undefined || !d.every((word) => word >= 0 && word < WORD)) return false;
  if (d.length === 1 && first === 0) return e === 0;
  if (first === 0 || d[d.length - 1] === 0 || Math.abs(e) > 9e15) return false;
  return digitsOf(first) === e - Math.floor(e / WORD_DIGITS) * WORD_DIGITS + 1;
}

/** Sign, exponent, and two words, of which the second may be NO_WORD. */
const SHORT_PARTS = 4;
const NO_WORD = -1;

/** Nearly all decimals consist of one word or two: these lie side by side, as dates do. Null: one of them does not. */
interface PreparedDecimals {
  readonly short: Int32Array | null;
  readonly values: readonly Decimal[];
}

export function prepareDecimals(reader: ByteReader, count: number): PreparedDecimals {
  const values = readDecimals(reader, count);
  const short = new Int32Array(count * SHORT_PARTS);
  for (let i = 0; i < count; i++) {
    const { s, e, d } = partsOf(values[i]!);
    if (d === null || d.length > 2 || e !== (e | 0)) return { short: null, values };
    short.set([s, e, d[0]!, d[1] ?? NO_WORD], i * SHORT_PARTS);
  }
  return { short, values: [] };
}

export function makePrepared({ short, values }: PreparedDecimals, index: number): Decimal {
  if (short === null) return copyDecimal(values[index]!);
  const at = index * SHORT_PARTS;
  const word = short[at + 3]!;
  const first = short[at + 2]!;
  return makeDecimal(short[at]!, short[at + 1]!, word === NO_WORD ? oneWord(first) : twoWords(first, word));
}
