import { isDecimal } from "../query/canonical.js";

/** Deeper arguments are Prisma's to judge. */
const DEEPEST = 64;

const { slice } = Array.prototype;

/** Thrown by no one: what is not copied. */
const UNKNOWN = Symbol("evercache.unknown");

/**
 * A copy of arguments as Prisma makes it for its hooks: what the application changes in its own afterwards, while the
 * store is asked, must not come between a key and what is loaded for it. Undefined where they hold a value of another kind
 * than nearly all do, of which only Prisma knows how it copies it.
 */
export function copyArgs(args: unknown): Record<string, unknown> | undefined {
  if (args === undefined) return {};
  if (typeof args !== "object" || args === null || !isPlain(args)) return undefined;
  const copy = copyProperties(args, 0);
  return copy === UNKNOWN ? undefined : copy;
}

function copyValue(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth > DEEPEST) return UNKNOWN;
  if (isPlain(value)) return copyProperties(value, depth);
  if (Array.isArray(value)) return isPlainArray(value) ? copyElements(value, depth) : UNKNOWN;
  if (value instanceof Date) return new Date(value);
  return isDecimal(value) ? value : UNKNOWN;
}

function copyProperties(
  object: Readonly<Record<string, unknown>>,
  depth: number,
): Record<string, unknown> | typeof UNKNOWN {
  const copy: Record<string, unknown> = {};
  // As Prisma: also what an object that was made with Object.create(null) or spoilt prototypes has.
  for (const name in object) {
    if (name === "__proto__") return UNKNOWN;
    const value = copyValue(object[name], depth + 1);
    if (value === UNKNOWN) return UNKNOWN;
    copy[name] = value;
  }
  return copy;
}

function copyElements(values: readonly unknown[], depth: number): unknown {
  // Not a literal: see codec/blank.ts.
  const copy = slice.call(values) as unknown[];
  for (let i = 0; i < copy.length; i++) {
    const value = copyValue(copy[i], depth + 1);
    if (value === UNKNOWN) return UNKNOWN;
    copy[i] = value;
  }
  return copy;
}

/** Of others, `slice` may make something else than an array. */
function isPlainArray(value: readonly unknown[]): boolean {
  return Object.getPrototypeOf(value) === Array.prototype && value.constructor === Array;
}

function isPlain(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
