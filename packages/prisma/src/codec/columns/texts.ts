import { damaged, type ByteReader } from "../byte-reader.js";
import type { ByteWriter } from "../byte-writer.js";
import { readInteger, readIntegers, writeInteger, writeIntegers } from "./integers.js";

/** Above this many different texts each row has its own. */
const MOST_SHARED = 8;

/**
 * How many different texts there are, 0 for too many to share; those, if there are several, and for each row which of them
 * it has, a byte each; their lengths. The texts themselves lie one after the other in the text of the whole value.
 */
export function writeTexts(writer: ByteWriter, values: readonly string[]): true {
  if (values.length === 0) return true;
  if (values.length === 1) {
    const [text] = values as [string];
    writer.byte(0);
    writeInteger(writer, text.length);
    writer.text += text;
    return true;
  }
  const shared = sharedTexts(values);
  writer.byte(shared?.length ?? 0);
  if (shared && shared.length > 1) for (const value of values) writer.byte(shared.indexOf(value));
  const texts = shared ?? values;
  writeIntegers(
    writer,
    texts.map((text) => text.length),
  );
  for (const text of texts) writer.text += text;
  return true;
}

function sharedTexts(values: readonly string[]): string[] | null {
  const shared: string[] = [];
  for (const value of values) {
    if (shared.includes(value)) continue;
    if (shared.length === MOST_SHARED || shared.length * 2 >= values.length) return null;
    shared.push(value);
  }
  return shared;
}

export function readTexts(reader: ByteReader, count: number): string[] {
  if (count === 0) return [];
  const shared = reader.byte();
  if (shared === 0) return cutTexts(reader, count);
  if (shared > MOST_SHARED) throw damaged();
  const from = shared > 1 ? reader.take(count) : -1;
  const texts = cutTexts(reader, shared);
  const values: string[] = [];
  for (let i = 0; i < count; i++) {
    const text = texts[from < 0 ? 0 : reader.bytes[from + i]!];
    if (text === undefined) throw damaged();
    values.push(text);
  }
  return values;
}

/**
 * V8 may keep the text of the whole value alive as long as one of them is: they go to callers, or to a memory that counts
 * the bytes of the whole value.
 */
function cutTexts(reader: ByteReader, count: number): string[] {
  if (count === 1) return [reader.cut(readInteger(reader))];
  const lengths = readIntegers(reader, count);
  const texts: string[] = [];
  const { text } = reader;
  let at = reader.textAt;
  for (let i = 0; i < count; i++) {
    const length = lengths[i]!;
    const to = at + length;
    if (length < 0 || to > text.length) throw damaged();
    texts.push(text.substring(at, to));
    at = to;
  }
  reader.textAt = at;
  return texts;
}
