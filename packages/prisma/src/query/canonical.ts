import { sortFew } from "../sort-few.js";

/** This query has no key, so that its result cannot be cached. */
export interface Uncacheable {
  readonly uncacheable: string;
}

/**
 * One text for all arguments that Prisma takes for the same, and another one for all others. The order of properties
 * does not count and undefined ones are dropped; the order of arrays and the types of values do count.
 *
 * `where(id:42),take:10` · strings in double quotes, big integers `42n`, decimals `1.5m`, dates `@…`, bytes `*…`,
 * null types `%DbNull`, field references `&User.name`, values with a `toJSON` of their own `!"…"`.
 */
export function canonicalize(args: unknown): string | Uncacheable {
  try {
    return args === undefined ? "" : isRecord(args) ? encodeProperties(args) : encode(args);
  } catch (error) {
    // Thrown by a getter or a toJSON of the application, or by a cycle. Prisma will say what is wrong with it.
    return { uncacheable: error instanceof Unencodable ? error.message : "arguments that cannot be read" };
  }
}

/** As it stands in `canonicalize` of arguments that have it. */
export function canonicalValue(value: string | number | bigint): string {
  return encode(value);
}

/** Prisma leaves such a property out: `undefined`, or `Prisma.skip`. */
export function isAbsent(value: unknown): boolean {
  return value === undefined || (typeof value === "object" && value !== null && isSkip(value));
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return true;
  // A plain object of another realm.
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, "isPrototypeOf");
}

/** `prisma.user.fields.name`. */
export function isFieldReference(value: unknown): boolean {
  return typeof value === "object" && value !== null && "_toGraphQLInputType" in value && "modelName" in value;
}

class Unencodable extends Error {}

/** Strings of which nothing but the spaces needs an escape, which are nearly all. */
const PLAIN_STRING = /^[ !#-[\]-~]*$/;
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
/** JSON leaves these as they are, and knows no escape "\x". */
const UNSAFE_IN_KEY = /[ \u007F-\u00A0\u2028\u2029\uFEFF]/g;
const spelledNames = new Map<string, string>();
const MOST_SPELLED_NAMES = 1000;
const NULL_TYPE = Symbol.for("prisma.objectEnumValue");

function encode(value: unknown): string {
  switch (typeof value) {
    case "string":
      return encodeString(value);
    case "number":
      // -0 reaches the database as 0.
      return value === 0 ? "0" : String(value);
    case "boolean":
      return value ? "true" : "false";
    case "bigint":
      return `${value}n`;
    case "object":
      return value === null ? "null" : encodeObject(value);
    default:
      throw new Unencodable(`a ${typeof value} in the arguments`);
  }
}

function encodeString(text: string): string {
  if (PLAIN_STRING.test(text)) return `"${text.includes(" ") ? text.replaceAll(" ", "\\x0020") : text}"`;
  return JSON.stringify(text).replaceAll(UNSAFE_IN_KEY, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function encodeObject(value: object): string {
  if (Array.isArray(value)) return encodeArray(value);
  if (isPlain(value)) return `(${encodeProperties(value)})`;
  return isRecord(value) ? encodeJson(value) : encodeInstance(value);
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return isRecord(value) && typeof value["toJSON"] !== "function";
}

function encodeArray(values: readonly unknown[]): string {
  let text = "[";
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (isAbsent(value)) throw new Unencodable("an undefined element in the arguments");
    text += i === 0 ? encode(value) : `,${encode(value)}`;
  }
  return `${text}]`;
}

function encodeProperties(object: Record<string, unknown>): string {
  const names = sortFew(Object.keys(object));
  let text = "";
  for (let i = 0; i < names.length; i++) {
    const name = names[i]!;
    const value = object[name];
    if (isAbsent(value)) continue;
    if (name === "omit" && isRecord(value)) requireAllPresent(value);
    if (text !== "") text += ",";
    text += spellName(name);
    // Only a plain object begins with "(", so that it needs no colon.
    text += isPlain(value) ? `(${encodeProperties(value)})` : `:${encode(value)}`;
  }
  return text;
}

/**
 * Where the client omits a column, Prisma takes what is undefined for a choice, too: not to omit it. Such arguments are not
 * the same as without.
 */
function requireAllPresent(omit: Record<string, unknown>): void {
  if (Object.values(omit).some(isAbsent)) throw new Unencodable("undefined in omit");
}

function spellName(name: string): string {
  const known = spelledNames.get(name);
  if (known !== undefined) return known;
  const spelled = IDENTIFIER.test(name) ? name : encodeString(name);
  // The names in a schema are few; those in an application's JSON may be without end.
  if (spelledNames.size < MOST_SPELLED_NAMES) spelledNames.set(name, spelled);
  return spelled;
}

/** In the order in which Prisma looks at them. */
function encodeInstance(value: object): string {
  if (isDate(value)) {
    const time = Number(value);
    return Number.isNaN(time) ? "@invalid" : `@${new Date(time).toISOString()}`;
  }
  if (isFieldReference(value)) {
    const { modelName, name } = value as { modelName: unknown; name: unknown };
    if (
      typeof modelName === "string" &&
      typeof name === "string" &&
      IDENTIFIER.test(modelName) &&
      IDENTIFIER.test(name)
    ) {
      return `&${modelName}.${name}`;
    }
    throw new Unencodable("an unknown field reference in the arguments");
  }
  if (ArrayBuffer.isView(value)) {
    return `*${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64url")}`;
  }
  if (isDecimal(value)) return `${value.toFixed()}m`;
  const nullType = nullTypeOf(value);
  if (nullType !== undefined) return `%${nullType}`;
  if ("toJSON" in value && typeof value.toJSON === "function") return encodeJson(value);
  throw new Unencodable(`an instance of ${value.constructor.name || "a class"} in the arguments`);
}

function encodeJson(value: object): string {
  const json = JSON.stringify(value) as string | undefined;
  if (json === undefined) throw new Unencodable("a toJSON that returns nothing");
  return `!${encodeString(json)}`;
}

export function isDate(value: unknown): value is Date {
  return Object.prototype.toString.call(value) === "[object Date]";
}

export function isDecimal(value: unknown): value is { toFixed(): string } {
  if (typeof value !== "object" || value === null) return false;
  const { s, e, d, toFixed } = value as { s?: unknown; e?: unknown; d?: unknown; toFixed?: unknown };
  return typeof s === "number" && typeof e === "number" && Array.isArray(d) && typeof toFixed === "function";
}

/** The name of one of Prisma's nulls: `DbNull`, `JsonNull`, `AnyNull`. Undefined of anything else. */
export function nullTypeOf(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || !(NULL_TYPE in value)) return undefined;
  const { _getName: name } = value as { _getName?: unknown };
  return typeof name === "function" ? String(name.call(value)) : undefined;
}

/** `Prisma.skip` has no property and no name of its own: its class is known by its one method. */
function isSkip(value: object): boolean {
  return "ifUndefined" in value && typeof value.ifUndefined === "function" && !Object.hasOwn(value, "ifUndefined");
}
