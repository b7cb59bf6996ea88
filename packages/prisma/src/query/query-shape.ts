import type { DataModel } from "../schema/data-model.js";
import { hashText } from "../codec/shape.js";
import { sortFew } from "../sort-few.js";
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

/** `text` where it is short, else its beginning, and a hash of the rest. */
export function clip(text: string): string {
  if (text.length <= LONGEST) return text;
  const clipped = `${text.slice(0, LONGEST)}… #${hashText(text.slice(LONGEST)).toString(36)}`;
  // A copy: what is made of a slice keeps the whole text in memory.
  return Buffer.from(clipped).toString();
}

function shapeOf(value: unknown, isFilter: boolean, isName: IsName, depth: number): string {
  if (typeof value !== "object" || value === null) return isFilter ? "?" : shapeOfChoice(value, isName);
  if (depth > DEEPEST) return "…";
  if (Array.isArray(value)) return shapeOfList(value, isFilter, isName, depth);
  return isRecord(value) ? shapeOfRecord(value, isFilter, isName, depth) : "?";
}

function shapeOfChoice(value: unknown, isName: IsName): string {
  if (typeof value === "boolean") return value ? "true" : "false";
  return typeof value === "string" && (CHOICES.has(value) || isName(value)) ? value : "?";
}

/** What is not told apart but by its values is there once. */
function shapeOfList(values: readonly unknown[], isFilter: boolean, isName: IsName, depth: number): string {
  if (values.length === 1) return `[${shapeOf(values[0], isFilter, isName, depth + 1)}]`;
  const items: string[] = [];
  for (let i = 0; i < values.length && i < MOST_ITEMS; i++) {
    const item = shapeOf(values[i], isFilter, isName, depth + 1);
    if (!items.includes(item)) items.push(item);
  }
  if (values.length > MOST_ITEMS && items.length > 1) items.push("…");
  return `[${items.join(", ")}]`;
}

function shapeOfRecord(
  record: Readonly<Record<string, unknown>>,
  isFilter: boolean,
  isName: IsName,
  depth: number,
): string {
  const names = isFilter ? sortFew(Object.keys(record)) : sortByPlace(Object.keys(record));
  let text = "";
  for (const name of names) {
    const value = record[name];
    if (isAbsent(value)) continue;
    const isKnown = WORDS.has(name) || isName(name);
    if (isFilter && !isKnown) return "?";
    const shape = shapeOf(value, isFilter || FILTERED.has(name), isName, depth + 1);
    text += `${text === "" ? "" : ", "}${isKnown ? name : "?"}: ${shape}`;
  }
  return text === "" ? "{}" : `{ ${text} }`;
}

/** Arguments in the order in which they are read, before all others. */
function sortByPlace(names: string[]): string[] {
  const sorted = sortFew(names);
  const some = sorted.filter((name) => PLACES.has(name));
  if (some.length === 0) return sorted;
  some.sort((a, b) => PLACES.get(a)! - PLACES.get(b)!);
  return some.length === sorted.length ? some : [...some, ...sorted.filter((name) => !PLACES.has(name))];
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
