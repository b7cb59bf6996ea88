import type { DataModel } from "../schema/data-model.js";
import { hashText } from "../codec/shape.js";
import { isAbsent, isRecord } from "./canonical.js";

/** Tells the names that the schema gives from what an application may have written. */
export type IsName = (text: string) => boolean;

const LONGEST = 300;
const DEEPEST = 16;
const MOST_ITEMS = 100;

/** In the order in which they are shown, before all others. */
const ARGUMENTS = [
  "where",
  "cursor",
  "select",
  "include",
  "omit",
  "by",
  "having",
  "orderBy",
  "distinct",
  "take",
  "skip",
];
const FILTERS = (
  "AND OR NOT is isNot some every none equals in notIn lt lte gt gte not contains startsWith endsWith mode search has hasEvery " +
  "hasSome isEmpty path string_contains string_starts_with string_ends_with array_contains array_starts_with array_ends_with"
).split(" ");
const OTHERS = "_count _sum _avg _min _max _all _relevance fields sort nulls relationLoadStrategy".split(" ");

const WORDS: ReadonlySet<string> = new Set([...ARGUMENTS, ...FILTERS, ...OTHERS]);
const CHOICES: ReadonlySet<string> = new Set(["asc", "desc", "first", "last", "join", "query"]);
/** Below these stand values, and names at most. */
const FILTERED: ReadonlySet<string> = new Set(["where", "cursor", "having", "take", "skip", "search"]);

const PLACES: ReadonlyMap<string, number> = new Map(ARGUMENTS.map((name, place) => [name, place]));

/**
 * The arguments of a query without their values: `{ where: { id: ? }, take: ? }`. What it selects and how it sorts is kept. It has
 * no words but Prisma's own and the names of the schema: the keys of an application's JSON are values, too.
 */
export function queryShape(args: unknown, isName: IsName): string {
  return clip(shapeOf(args ?? {}, false, isName, 0));
}

/** `text` where it is short, else its beginning, and a hash that tells it from others. */
export function clip(text: string): string {
  if (text.length <= LONGEST) return text;
  const clipped = `${text.slice(0, LONGEST)}… #${hashText(text).toString(36)}`;
  // A copy: what is made of a slice keeps the whole text in memory.
  return Buffer.from(clipped).toString();
}

function shapeOf(value: unknown, isFilter: boolean, isName: IsName, depth: number): string {
  if (depth > DEEPEST) return "…";
  if (Array.isArray(value)) return shapeOfList(value, isFilter, isName, depth);
  if (isRecord(value)) return shapeOfRecord(value, isFilter, isName, depth);
  if (isFilter) return "?";
  if (typeof value === "boolean") return String(value);
  return typeof value === "string" && (CHOICES.has(value) || isName(value)) ? value : "?";
}

/** What is not told apart but by its values is there once. */
function shapeOfList(values: readonly unknown[], isFilter: boolean, isName: IsName, depth: number): string {
  const items = new Set(values.slice(0, MOST_ITEMS).map((value) => shapeOf(value, isFilter, isName, depth + 1)));
  if (values.length > MOST_ITEMS && items.size > 1) items.add("…");
  return `[${[...items].join(", ")}]`;
}

function shapeOfRecord(
  record: Readonly<Record<string, unknown>>,
  isFilter: boolean,
  isName: IsName,
  depth: number,
): string {
  const names = Object.keys(record).filter((name) => !isAbsent(record[name]));
  const isKnown = (name: string): boolean => WORDS.has(name) || isName(name);
  if (isFilter && !names.every(isKnown)) return "?";
  const parts = names.sort(byPlace).map((name) => {
    const shape = shapeOf(record[name], isFilter || FILTERED.has(name), isName, depth + 1);
    return `${isKnown(name) ? name : "?"}: ${shape}`;
  });
  return parts.length === 0 ? "{}" : `{ ${parts.join(", ")} }`;
}

function byPlace(a: string, b: string): number {
  const places = (PLACES.get(a) ?? ARGUMENTS.length) - (PLACES.get(b) ?? ARGUMENTS.length);
  if (places !== 0) return places;
  return a < b ? -1 : 1;
}

const known = new WeakMap<DataModel, IsName>();

/** The names of all fields and keys of a schema, with those of their tables and columns in lower case. */
export function namesOf(dataModel: DataModel): IsName {
  let isName = known.get(dataModel);
  if (!isName) {
    const names = new Set<string>();
    for (const { table, fields, relations, selectors } of dataModel.models.values()) {
      names.add(table.toLowerCase());
      for (const { name, column } of fields.values()) names.add(name).add(column.toLowerCase());
      for (const name of [...relations.keys(), ...selectors.keys()]) names.add(name);
    }
    isName = (text) => names.has(text);
    known.set(dataModel, isName);
  }
  return isName;
}
