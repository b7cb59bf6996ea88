import { Decimal } from "@prisma/client/runtime/client";
import { copyDecimal, DECIMALS_ARE_KNOWN, isExactDecimal } from "./decimal.js";

/** A copy of any value that a codec of this package decodes. @throws TypeError for what it does not know */
export function cloneAny(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(cloneAny);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype) return cloneObject(value, cloneAny);
  if (value instanceof Date) return new Date(value);
  if (isExactDecimal(value)) return cloneDecimal(value);
  if (prototype === Uint8Array.prototype) return new Uint8Array(value as Uint8Array);
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [cloneAny(key), cloneAny(item)]));
  if (value instanceof Set) return new Set([...value].map(cloneAny));
  throw new TypeError("a value of an unknown type has no copy");
}

/** A copy of a value of JSON: nothing but plain objects and arrays. */
export function cloneJson(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (!Array.isArray(value)) return cloneObject(value, cloneJson);
  const copy: unknown[] = value.slice();
  for (let i = 0; i < copy.length; i++) {
    const item = copy[i];
    if (typeof item === "object" && item !== null) copy[i] = cloneJson(item);
  }
  return copy;
}

export function cloneDecimal(value: Decimal): Decimal {
  return DECIMALS_ARE_KNOWN ? copyDecimal(value) : new Decimal(value);
}

function cloneObject(value: object, clone: (item: unknown) => unknown): object {
  const copy: Record<string, unknown> = { ...value };
  for (const name in copy) {
    const item = copy[name];
    // A copy has "__proto__" as a property of its own where the original has: this sets no prototype.
    if (typeof item === "object" && item !== null && Object.hasOwn(copy, name)) copy[name] = clone(item);
  }
  return copy;
}
