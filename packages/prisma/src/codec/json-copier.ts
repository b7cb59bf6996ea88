import { cloneJson } from "./clone-any.js";
import { generate } from "./code-generation.js";

/** Copies one value of JSON, and those that are built alike. */
export type JsonCopier = (value: never) => unknown;

const flatObject: JsonCopier = (value: object) => ({ ...value });
const flatArray: JsonCopier = (value: readonly unknown[]) => value.slice();
const anyValue: JsonCopier = cloneJson;

/** Objects with more properties that have to be copied, or of more kinds than this in all, are copied as any value is. */
const MOST_PROPERTIES = 16;
const MOST_KINDS = 1000;

const kinds = new Map<string, JsonCopier>();
const numbers = new Map<JsonCopier, number>([flatObject, flatArray, anyValue].map((copier, i) => [copier, i]));

/**
 * How to copy `value` faster than a value of which nothing is known. `null`: it cannot be changed. Works out as long as
 * a few copies take. `isGenerated`: by code, in which nothing of the value stands.
 */
export function jsonCopierOf(value: unknown, isGenerated: boolean): JsonCopier | null {
  if (typeof value !== "object" || value === null) return null;
  if (Array.isArray(value)) return value.some(isObject) ? anyValue : flatArray;
  const names = Object.keys(value).filter((name) => isObject((value as Record<string, unknown>)[name]));
  if (names.length === 0) return flatObject;
  if (!isGenerated || names.length > MOST_PROPERTIES) return anyValue;
  return objectCopier(
    names,
    names.map((name) => jsonCopierOf((value as Record<string, unknown>)[name], isGenerated)!),
  );
}

/** Of objects in which `names` are copied by `copiers`, and all else cannot be changed. */
function objectCopier(names: readonly string[], copiers: readonly JsonCopier[]): JsonCopier {
  const kind = JSON.stringify([names, copiers.map((copier) => numbers.get(copier))]);
  const known = kinds.get(kind);
  if (known) return known;
  if (kinds.size === MOST_KINDS) return anyValue;
  // Each has code of its own, which then knows the objects of one kind well.
  const copies = names.map((_, i) => `c[n${i}]=f${i}(v[n${i}]);`).join("");
  const parameters = names.flatMap((_, i) => [`n${i}`, `f${i}`]);
  const make = generate(parameters, `return v=>{const c={...v};${copies}return c}`);
  const copier = make(...names.flatMap((name, i) => [name, copiers[i]])) as JsonCopier;
  kinds.set(kind, copier);
  numbers.set(copier, numbers.size);
  return copier;
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}
