import type { Codec } from "@evercache/core";
import { ByteReader, damaged, MOST_CELLS_PER_BYTE } from "./byte-reader.js";
import { ByteWriter, countLength, putCount } from "./byte-writer.js";
import { clonerOf } from "./cloner.js";
import { MAY_GENERATE_CODE } from "./code-generation.js";
import { hashText, spellSlot, type Slot } from "./shape.js";
import type { ColumnCodec } from "./columns/column-codec.js";
import { slotCodec } from "./slots.js";

/*
 * An encoded value:
 *   0  u8  0xC0 + version
 *   1  u8  COLUMNS, or OTHER and what another codec made of a value of another shape
 *   2  u32 hash of the shape
 *   6  u8  how the text is spelled
 *   7  count of its bytes, then these; then the value as a slot of one (see slots.ts); then zeros, up to the length that so
 *      many values must have
 */
const MAGIC = 0xc1;
export const COLUMNS = 0;
const OTHER = 1;
const HEADER = 7;

/** Names the format: part of every key. */
export const COLUMNS_FORMAT = "columns-1";

/** In the order of the bytes that stand for them. A text of nothing but Latin is read much faster; UTF-16 holds any text. */
const SPELLINGS = ["latin1", "utf8", "utf16le"] as const;
const BEYOND_LATIN = /[^\0-\xff]/;

export interface CompileOptions {
  /** For values of another shape. */
  readonly other: Codec;
  /** Whether to make code of the shape. Default: where the process allows it. */
  readonly generatesCode?: boolean | undefined;
}

/** A codec for the values of one shape, and through `other` for all that it knows. */
export function compileCodec(slot: Slot, { other, generatesCode = MAY_GENERATE_CODE }: CompileOptions): Codec {
  const hash = hashText(spellSlot(slot));
  const column = slotCodec(slot, generatesCode);
  const cloneFitting = clonerOf(slot, generatesCode);
  const { one: make } = column.maker;
  const encodeOther = (value: unknown): Uint8Array => {
    const bytes = other.encode(value);
    const framed = Buffer.allocUnsafe(2 + bytes.byteLength);
    framed[0] = MAGIC;
    framed[1] = OTHER;
    framed.set(bytes, 2);
    return framed;
  };
  return {
    name: `${COLUMNS_FORMAT}+${other.name}`,
    encode: (value) => encodeColumns(column, hash, value) ?? encodeOther(value),
    decode: (bytes) =>
      formOf(bytes) === OTHER ? other.decode(bytes.subarray(2)) : decodeColumns(hash, bytes, column.read)[0],
    prepare: (bytes) => {
      if (formOf(bytes) === OTHER) {
        const rest = bytes.subarray(2);
        return other.prepare?.(rest) ?? (() => other.decode(rest));
      }
      // Of a single row a copy is faster than to put it together once more.
      if (slot.shape.kind !== "list" || make === null) {
        const [value] = decodeColumns(hash, bytes, column.read);
        return () => (typeof value === "object" && value !== null ? cloneFitting(value as never) : value);
      }
      const prepared = decodeColumns(hash, bytes, column.prepare) as never;
      return () => make(prepared, 0);
    },
  };
}

/** @throws where the bytes are no encoded value of this format */
function formOf(bytes: Uint8Array): number {
  const form = bytes[1];
  if (bytes[0] !== MAGIC || (form !== COLUMNS && form !== OTHER)) throw damaged();
  return form;
}

/** Encoding is one step, so that one at a time uses it; but a getter in a value may encode another one. */
let idleWriter: ByteWriter | null = new ByteWriter();

/** Null: the value is of another shape. */
function encodeColumns(column: ColumnCodec, hash: number, value: unknown): Uint8Array | null {
  const writer = idleWriter ?? new ByteWriter();
  idleWriter = null;
  try {
    writer.reset();
    return column.write(writer, [value]) ? frame(writer, hash) : null;
  } finally {
    idleWriter = writer;
  }
}

function frame({ bytes, at, text, cells }: ByteWriter, hash: number): Uint8Array {
  const spelling = spellingOf(text);
  const textBytes = spelling === "latin1" ? text.length : Buffer.byteLength(text, spelling);
  const start = HEADER + countLength(textBytes);
  const framed = Buffer.allocUnsafe(Math.max(start + textBytes + at, Math.ceil(cells / MOST_CELLS_PER_BYTE)));
  framed[0] = MAGIC;
  framed[1] = COLUMNS;
  framed.writeUInt32LE(hash, 2);
  framed[6] = SPELLINGS.indexOf(spelling);
  putCount(framed, HEADER, textBytes);
  let next = start + framed.write(text, start, spelling);
  next += bytes.copy(framed, next, 0, at);
  if (next < framed.length) framed.fill(0, next);
  return framed;
}

function spellingOf(text: string): (typeof SPELLINGS)[number] {
  if (!BEYOND_LATIN.test(text)) return "latin1";
  // Half of a surrogate pair has no UTF-8.
  return (text as WellFormable).isWellFormed() ? "utf8" : "utf16le";
}

/** A method that TypeScript's library of this target does not have, and every supported Node does. */
type WellFormable = string & { isWellFormed(): boolean };

function decodeColumns<T>(hash: number, from: Uint8Array, read: (reader: ByteReader, count: number) => T): T {
  const bytes = Buffer.isBuffer(from) ? from : Buffer.from(from.buffer, from.byteOffset, from.byteLength);
  const end = bytes.length;
  if (end < HEADER || bytes.readUInt32LE(2) !== hash) throw damaged();
  const spelling = SPELLINGS[bytes[6]!];
  if (!spelling) throw damaged();
  const reader = new ByteReader(bytes, end);
  reader.at = HEADER;
  const textBytes = reader.count();
  const textAt = reader.take(textBytes);
  reader.text = bytes.toString(spelling, textAt, reader.at);
  const values = read(reader, 1);
  if (reader.textAt !== reader.text.length || !isPadding(reader)) throw damaged();
  return values;
}

/** What is left are zeros, no more than so many values must have. */
function isPadding({ bytes, at, end, cells }: ByteReader): boolean {
  if (at === end) return true;
  if (end !== Math.ceil(cells / MOST_CELLS_PER_BYTE)) return false;
  for (let i = at; i < end; i++) if (bytes[i] !== 0) return false;
  return true;
}
