import { isDate, isDecimal } from "../query/canonical.js";
import type { DataModel, Field, Model } from "./data-model.js";

/**
 * How values of a field compare in the database:
 * - `integer`, `boolean`, `enum`, `text`, `uuid`: equality is known exactly.
 * - `instant`: a moment, stored to the millisecond.
 * - `decimal`: stored with as many digits as Prisma's own type has.
 * - `folded`: it depends on a collation that the schema does not tell, or ignores case or padding.
 * - `none`: never spelled, so that no tag ever names a value of this field.
 */
export type KeySpelling = "integer" | "boolean" | "enum" | "text" | "uuid" | "instant" | "decimal" | "folded" | "none";

const INTEGER_TYPES: ReadonlySet<string> = new Set([
  "Integer",
  "Int",
  "Int2",
  "Int4",
  "Int8",
  "SmallInt",
  "TinyInt",
  "MediumInt",
  "BigInt",
  "UnsignedInt",
  "UnsignedTinyInt",
  "UnsignedSmallInt",
  "UnsignedMediumInt",
  "UnsignedBigInt",
  "Oid",
]);
const EXACT_TEXT_TYPES: ReadonlySet<string> = new Set(["Text", "VarChar", "String"]);
const FOLDED_TEXT_TYPES: ReadonlySet<string> = new Set(["Citext", "Char", "CatalogSingleChar", "SingleChar"]);
const UUID_TYPES: ReadonlySet<string> = new Set(["Uuid", "UniqueIdentifier"]);
const EXACT_PROVIDERS: ReadonlySet<string> = new Set(["postgresql", "cockroachdb", "sqlite"]);
const FOLDING_PROVIDERS: ReadonlySet<string> = new Set(["mysql", "sqlserver"]);
/** Those that store 65 digits, 30 of them behind the point. */
const EXACT_DECIMALS: ReadonlySet<string> = new Set(["postgresql", "cockroachdb", "mysql"]);
const FOLDED_TEXT_TYPES_ELSEWHERE: ReadonlySet<string> = new Set([
  "Char",
  "VarChar",
  "NChar",
  "NVarChar",
  "TinyText",
  "Text",
  "MediumText",
  "LongText",
  "NText",
]);

export function keySpelling(field: Field, provider: string): KeySpelling {
  if (field.isList) return "none";
  if (field.kind === "enum") return "enum";
  if (field.kind !== "scalar") return "none";
  switch (field.type) {
    case "Int":
    case "BigInt":
      return field.nativeType === null || INTEGER_TYPES.has(field.nativeType) ? "integer" : "none";
    case "Boolean":
      return "boolean";
    case "String":
      return textSpelling(field.nativeType, provider);
    // A type of the database's own may round what is written.
    case "DateTime":
      return field.nativeType === null ? "instant" : "none";
    case "Decimal":
      return field.nativeType === null && EXACT_DECIMALS.has(provider) ? "decimal" : "none";
    default:
      return "none";
  }
}

function textSpelling(nativeType: string | null, provider: string): KeySpelling {
  if (nativeType !== null && UUID_TYPES.has(nativeType)) return "uuid";
  if (EXACT_PROVIDERS.has(provider)) {
    if (nativeType === null || EXACT_TEXT_TYPES.has(nativeType)) return "text";
    return FOLDED_TEXT_TYPES.has(nativeType) ? "folded" : "none";
  }
  if (!FOLDING_PROVIDERS.has(provider)) return "none";
  return nativeType === null || FOLDED_TEXT_TYPES_ELSEWHERE.has(nativeType) ? "folded" : "none";
}

const EXACT_TYPES: ReadonlySet<string> = new Set(["Int", "BigInt", "Boolean", "String"]);
/** Those where a moment has a thousand parts of a second, and one spelling, unless the schema says otherwise. */
const MILLISECOND_PROVIDERS: ReadonlySet<string> = new Set(["postgresql", "cockroachdb", "mysql"]);

/**
 * Whether Prisma shows different values for whatever the database tells apart in a column. A moment may be stored to the microsecond,
 * and a floating-point number be shown with fewer digits than it has: who writes back what was shown changes these.
 */
export function isReadExactly({ kind, type, isList, nativeType }: Field, provider: string): boolean {
  if (isList) return false;
  if (kind === "enum") return true;
  if (kind !== "scalar") return false;
  if (type === "DateTime") return nativeType === null && MILLISECOND_PROVIDERS.has(provider);
  return type === "Decimal" ? EXACT_DECIMALS.has(provider) : EXACT_TYPES.has(type);
}

/** Whether tags may name rows by these fields at all. Where not, their readers depend on `any`. */
export function isTaggable(model: Model, fields: readonly string[], provider: string): boolean {
  return (
    fields.length > 0 &&
    fields.every((name) => {
      const field = model.fields.get(name);
      return field !== undefined && keySpelling(field, provider) !== "none";
    })
  );
}

/**
 * One spelling for all values that the database takes for equal. `null`: it is not certain which those are, so that
 * the value may equal any other.
 */
export function keyValue(field: Field, provider: string, value: unknown): string | null {
  switch (keySpelling(field, provider)) {
    case "integer":
      return integer(value);
    case "boolean":
      return typeof value === "boolean" ? String(value) : null;
    case "enum":
      return typeof value === "string" ? (field.enumValues.get(value) ?? null) : null;
    case "text":
      // A lone surrogate reaches the database as the replacement character, as do all other ones.
      if (typeof value !== "string" || LONE_SURROGATE.test(value)) return null;
      // With a length, PostgreSQL drops the spaces that are too many.
      return field.nativeType === "VarChar" ? value.trimEnd() : value;
    case "uuid":
      return typeof value === "string" ? uuid(value) : null;
    case "instant":
      return instant(value);
    case "decimal":
      return decimal(value);
    case "folded":
      return typeof value === "string" ? folded(value) : null;
    default:
      return null;
  }
}

/** The spellings of all fields in order, or null if one of them has none. */
export function keyValues(
  dataModel: DataModel,
  model: Model,
  fields: readonly string[],
  valueOf: (field: string) => unknown,
): string[] | null {
  const spelled: string[] = [];
  for (const name of fields) {
    const field = model.fields.get(name);
    const value = field && keyValue(field, dataModel.provider, valueOf(name));
    if (value === undefined || value === null) return null;
    spelled.push(value);
  }
  return spelled;
}

const LONE_SURROGATE = /\p{Surrogate}/u;
const INTEGER = /^-?\d{1,20}$/;

function integer(value: unknown): string | null {
  if (typeof value === "number") return Number.isSafeInteger(value) ? String(value === 0 ? 0 : value) : null;
  if (typeof value === "bigint") return value.toString();
  return typeof value === "string" && INTEGER.test(value) ? BigInt(value).toString() : null;
}

function uuid(value: string): string | null {
  const digits = value.replaceAll(/[{}-]/g, "").toLowerCase();
  return /^[0-9a-f]{32}$/.test(digits) ? digits : null;
}

const TO_THE_MILLISECOND = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?(?:Z|[+-]\d\d:\d\d)$/;

function instant(value: unknown): string | null {
  if (typeof value === "string" && !TO_THE_MILLISECOND.test(value)) return null;
  if (typeof value !== "string" && !isDate(value)) return null;
  const time = Number(new Date(value));
  return Number.isNaN(time) ? null : String(time);
}

const DECIMAL = /^(-?)0*(\d{1,35})(?:\.(\d{1,30}?)0*)?$/;

function decimal(value: unknown): string | null {
  const text =
    typeof value === "number" || typeof value === "string" ? String(value) : isDecimal(value) ? value.toFixed() : "";
  const parts = DECIMAL.exec(text);
  if (!parts) return null;
  const [, sign, whole, fraction = "0"] = parts;
  const digits = fraction === "0" ? whole! : `${whole}.${fraction}`;
  return digits === "0" ? "0" : `${sign}${digits}`;
}

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;
/**
 * Letters that at least one collation of MySQL takes for equal: i, j and y; u, v and w. Merging letters that the
 * database tells apart costs a needless miss; the other way round would cost a stale answer.
 */
const SAME_LETTER: Readonly<Record<string, string>> = { j: "i", y: "i", v: "u", w: "u" };

function folded(value: string): string | null {
  if (!PRINTABLE_ASCII.test(value)) return null;
  return value
    .trimEnd()
    .toLowerCase()
    .replaceAll(/[jyvw]/g, (letter) => SAME_LETTER[letter] ?? letter);
}
