import { isMisreadName } from "@evercache/core";
import { damaged, type ByteReader } from "../byte-reader.js";
import type { ByteWriter } from "../byte-writer.js";
import { jsonCopierOf, type JsonCopier } from "../json-copier.js";

/** All values as one array of JSON, in the text of the whole value: they share the work of reading it. */
export function writeJson(writer: ByteWriter, values: readonly unknown[]): boolean {
  if (values.length === 0) return true;
  if (!values.every((value) => isExactJson(value, 0))) return false;
  const text = JSON.stringify(values);
  writer.count(text.length);
  writer.text += text;
  return true;
}

export function readJson(reader: ByteReader, count: number): unknown[] {
  if (count === 0) return [];
  const values: unknown = JSON.parse(reader.cut(reader.count()));
  if (!Array.isArray(values) || values.length !== count) throw damaged();
  return values as unknown[];
}

interface PreparedJson {
  readonly values: readonly unknown[];
  /** Null of those that cannot be changed. */
  readonly copiers: readonly (JsonCopier | null)[];
}

export function prepareJson(reader: ByteReader, count: number, isGenerated: boolean): PreparedJson {
  const values = readJson(reader, count);
  return { values, copiers: values.map((value) => jsonCopierOf(value, isGenerated)) };
}

export function makeJson({ values, copiers }: PreparedJson, index: number): unknown {
  const copier = copiers[index]!;
  return copier === null ? values[index] : copier(values[index] as never);
}

/** Deeper values are left to others: neither they nor this may overflow the stack. */
const DEEPEST = 200;

/** Whether JSON gives back the very same. */
function isExactJson(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0);
    case "object":
      if (value === null) return true;
      if (depth > DEEPEST) return false;
      return Array.isArray(value) ? isExactArray(value, depth) : isExactObject(value, depth);
    default:
      return false;
  }
}

function isExactArray(values: readonly unknown[], depth: number): boolean {
  if (Object.getPrototypeOf(values) !== Array.prototype) return false;
  for (let i = 0; i < values.length; i++) if (!isExactJson(values[i], depth + 1)) return false;
  return true;
}

function isExactObject(value: object, depth: number): boolean {
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  for (const name in value) {
    if (isMisreadName(name)) return false;
    if (!Object.hasOwn(value, name) || !isExactJson((value as Record<string, unknown>)[name], depth + 1)) return false;
  }
  return true;
}
