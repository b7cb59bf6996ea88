import { tagGroup, type Tag } from "@evercache/core";
import type { Model } from "./data-model.js";

/*
 * A write to volatile columns alone touches the tags of a twin of its model, which whoever looks at these columns carries
 * beside those of the model itself. Whoever does not look at them is left alone.
 */

const MARK = ".volatile";

/** The twin of a model's name. */
export function twinName(model: string): string {
  return model + MARK;
}

export function twinTag(tag: Tag): Tag {
  const group = tagGroup(tag);
  return (twinName(group) + tag.slice(group.length)) as Tag;
}

/** These tags, with those of the model itself given to its twin. */
export function twinsOf({ name }: Model, tags: readonly Tag[]): Tag[] {
  return tags.map((tag) => (tagGroup(tag) === name ? twinTag(tag) : tag));
}

/** Whether a write to these columns alone leaves be whoever looks at none of them. */
export function areVolatile({ tracking: { volatile, alsoWrites } }: Model, columns: readonly string[]): boolean {
  // What triggers do beside may lead back to the model's other columns.
  return columns.length > 0 && alsoWrites.length === 0 && columns.every((name) => volatile.includes(name));
}

/** The name that this one is the twin of, if it is one. */
export function twinOf(name: string): string | null {
  return name.endsWith(MARK) ? name.slice(0, -MARK.length) : null;
}

/** The columns that computed fields of a model need, of those that a selection names, or of all where there is none. */
export type NeededBy = (model: string, select: Readonly<Record<string, unknown>> | null) => readonly string[];

/**
 * Whether rows that are read with these arguments may show volatile columns, or be chosen by them. `isShown`: columns are
 * shown that nobody names.
 */
export function looksAtVolatile(
  model: Model,
  args: Readonly<Record<string, unknown>>,
  isShown: boolean,
  neededBy?: NeededBy,
): boolean {
  const names = model.tracking.volatile;
  if (names.length === 0) return false;
  const { select, omit, ...others } = args;
  const isSelecting = typeof select === "object" && select !== null;
  const omitted = (typeof omit === "object" && omit !== null ? omit : {}) as Readonly<Record<string, unknown>>;
  if (isShown && !isSelecting && !names.every((name) => omitted[name] === true)) return true;
  if (isShown && neededBy) {
    const needed = neededBy(model.name, isSelecting ? (select as Readonly<Record<string, unknown>>) : null);
    if (needed.some((name) => names.includes(name))) return true;
  }
  return mentions(select, names) || mentions(others, names);
}

/** Whether one of the names is a property or a text anywhere in a value. */
export function mentions(value: unknown, names: readonly string[]): boolean {
  if (names.length === 0) return false;
  if (typeof value === "string") return names.includes(value);
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.some((item) => mentions(item, names));
  return Object.entries(value).some(([name, item]) => names.includes(name) || mentions(item, names));
}
