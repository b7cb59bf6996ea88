import { createHash } from "node:crypto";

declare const tagBrand: unique symbol;

/** Something a cached result depends on, in its one canonical spelling, for example `Product:row:42`. */
export type Tag = string & { readonly [tagBrand]: true };

/** Beyond this many characters the value part of a tag or a key is replaced by its SHA-256. */
const LONGEST_READABLE = 96;

/** Carried by entries that any write to the model may change; rotated by every write to it. */
export function anyTag(model: string): Tag {
  return `${model}:any` as Tag;
}

/**
 * Rows that come to have a key of these fields. Carried by entries that found nothing under such a key; touched by writes
 * that cannot name the keys which their rows get.
 */
export function newTag(model: string, fields: readonly string[]): Tag {
  return `${model}:new:${readableOrHash(fields.join(","))}` as Tag;
}

/**
 * One way of finding rows: by these fields, in the order of the schema. Carried by every entry that has an exact tag
 * (`row`, `unique`, `field`) of these fields, unless it found nothing; touched by writes that cannot name their values in
 * the rows that change.
 */
export function pathTag(model: string, fields: readonly string[]): Tag {
  return `${model}:by:${readableOrHash(fields.join(","))}` as Tag;
}

/** `values` are the canonical spellings of the primary key's columns, in the order of the schema. */
export function rowTag(model: string, values: readonly string[]): Tag {
  return `${model}:row:${readableOrHash(values.map(escapeValue).join(","))}` as Tag;
}

/** `fields` in the order of the schema, each with the canonical spelling of its value. */
export function uniqueTag(model: string, fields: readonly (readonly [name: string, value: string])[]): Tag {
  const spelled = fields.map(([name, value]) => `${name}=${escapeValue(value)}`).join(",");
  return `${model}:unique:${readableOrHash(spelled)}` as Tag;
}

/** Rows whose `field` has this value, or has none. `value` in its canonical spelling. */
export function fieldTag(model: string, field: string, value: string | null): Tag {
  return `${model}:field:${readableOrHash(`${field}=${value === null ? "~" : escapeValue(value)}`)}` as Tag;
}

/** A tag that the application chose. Never equal to a tag of a model. */
export function customTag(name: string): Tag {
  return `#${readableOrHash(wellFormed(name).replaceAll(/[%{}~]/g, percent))}` as Tag;
}

/**
 * Stands for every tag that the application chose: rotated with each of them, and first (`wideFirst`). Carried by results
 * whose own such tags only they themselves tell, until they have told. No name spells it: `customTag` puts a hash behind "~".
 */
export const ANY_CUSTOM = "#~any" as Tag;

/** True for what `customTag` spells, and for `ANY_CUSTOM`. */
export function isCustomTag(tag: Tag): boolean {
  return tag.startsWith("#");
}

/** Whether a value is a list of names for such tags. */
export function areTagNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((name) => typeof name === "string" && name.length > 0);
}

/** Tags of one group live in one Redis Cluster slot: the model's name, or the custom tag itself. */
export function tagGroup(tag: Tag): string {
  if (tag.startsWith("#")) return tag;
  const colon = tag.indexOf(":");
  return colon < 0 ? tag : tag.slice(0, colon);
}

/** Of `everything`, what drops all entries that `tag` may be on. A tag that the application chose has no model. */
export function widen(tag: Tag, everything: readonly Tag[]): readonly Tag[] {
  const group = tagGroup(tag);
  const wider = everything.filter((wide) => tagGroup(wide) === group);
  return wider.length > 0 ? wider : everything;
}

/** True for the few tags that a model has whatever rows are in it. */
export function isModelTag(tag: Tag): boolean {
  if (tag.startsWith("#")) return false;
  const rest = tag.slice(tagGroup(tag).length);
  return rest === ":any" || rest.startsWith(":by:") || rest.startsWith(":new:");
}

/** True for what `newTag` spells. */
export function isNewTag(tag: Tag): boolean {
  return !tag.startsWith("#") && tag.startsWith(":new:", tagGroup(tag).length);
}

/** `text` itself where it is short, else `~` and its SHA-256. */
export function readableOrHash(text: string, longest = LONGEST_READABLE): string {
  // The mark keeps a hash from ever being equal to a short text: escapeValue spells "~" as "%7E".
  return text.length <= longest ? text : `~${createHash("sha256").update(text).digest("base64url")}`;
}

const ESCAPED = /[%,=~]/;

function escapeValue(value: string): string {
  const text = wellFormed(value);
  return ESCAPED.test(text) ? text.replaceAll(/[%,=~]/g, percent) : text;
}

/** Half of a surrogate pair has no UTF-8: databases and stores take it for U+FFFD, and so does its tag. */
function wellFormed(text: string): string {
  return (text as WellFormable).toWellFormed();
}

/** A method that TypeScript's library of this target does not have, and every supported Node does. */
type WellFormable = string & { toWellFormed(): string };

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
