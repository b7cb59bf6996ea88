import { inspect } from "node:util";
import { Decimal } from "@prisma/client/runtime/client";

/**
 * Where two results differ: in value, prototype, own properties or their order. `null` where they do not. Stricter than
 * `toEqual`, and than the text of a decimal or a date: what a value consists of counts.
 */
export function differenceInKind(actual: unknown, expected: unknown, path = "result"): string | null {
  if (Object.is(actual, expected)) return null;
  if (typeof actual !== "object" || typeof expected !== "object" || actual === null || expected === null) {
    return `${path}: ${inspect(actual)} instead of ${inspect(expected)}`;
  }
  const prototype: unknown = Object.getPrototypeOf(expected);
  if (Object.getPrototypeOf(actual) !== prototype) return `${path}: another prototype`;
  if (prototype === Date.prototype) {
    const [a, b] = [Number(actual), Number(expected)];
    return Object.is(a, b) ? null : `${path}: the time ${a} instead of ${b}`;
  }
  if (prototype === Uint8Array.prototype) {
    const [a, b] = [actual, expected].map((bytes) => Buffer.from(bytes as Uint8Array).toString("hex"));
    if (a !== b) return `${path}: ${a} instead of ${b}`;
    const { buffer, byteLength } = actual as Uint8Array;
    return buffer.byteLength === byteLength ? null : `${path}: a part of a memory of ${buffer.byteLength} bytes`;
  }
  if (prototype !== Object.prototype && prototype !== Array.prototype && prototype !== Decimal.prototype) {
    return `${path}: of a class that no result has`;
  }
  const names = Reflect.ownKeys(actual);
  const others = Reflect.ownKeys(expected);
  if (names.length !== others.length || names.some((name, i) => name !== others[i])) {
    return `${path}: the properties ${names.map(String).join()} instead of ${others.map(String).join()}`;
  }
  for (const name of names) {
    if (name === "constructor" && prototype === Decimal.prototype) continue;
    const [a, b] = [Object.getOwnPropertyDescriptor(actual, name), Object.getOwnPropertyDescriptor(expected, name)];
    if (a?.enumerable !== b?.enumerable || a?.writable !== b?.writable || a?.configurable !== b?.configurable) {
      return `${path}.${String(name)}: another kind of property`;
    }
    const difference = differenceInKind(a?.value, b?.value, `${path}.${String(name)}`);
    if (difference !== null) return difference;
  }
  return null;
}

/** Every object in a value that can be changed, the value included. */
export function mutables(value: unknown, found = new Set<object>()): Set<object> {
  if (typeof value !== "object" || value === null || found.has(value)) return found;
  found.add(value);
  if (value instanceof Uint8Array) found.add(value.buffer);
  for (const name of Reflect.ownKeys(value)) {
    mutables(Object.getOwnPropertyDescriptor(value, name)?.value, found);
  }
  return found;
}
