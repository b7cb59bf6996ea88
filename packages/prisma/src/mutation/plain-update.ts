import { anyTag, fieldTag, type Tag } from "@evercache/core";
import { isRecord } from "../query/canonical.js";
import type { DataModel, Model } from "../schema/data-model.js";
import { keyTag, pathsOf, taggableKeys } from "../schema/paths.js";
import { trackedFields, trackedValue } from "../schema/tracked-fields.js";
import { columnsThatReach } from "./cascade.js";
import { followersOf } from "./touched.js";

/**
 * The tags that an update of one row changes which is plain: its `where` tells all columns by which tags name the row, and its data
 * moves none of them. Most updates are, of rows that are remembered. In canonical order, as `effects` has them, which takes ten times as
 * long to find out. Null for all others. `known` says what `plainTags` says of the `where`, if somebody knows that.
 */
export function plainUpdate(
  dataModel: DataModel,
  model: Model,
  args: unknown,
  known?: () => readonly Tag[] | null,
): readonly Tag[] | null {
  const still = stillColumns(dataModel, model);
  if (!still || !isRecord(args)) return null;
  const { where, data } = args;
  if (!isRecord(where) || !isRecord(data)) return null;
  for (const name of Object.keys(data)) if (!still.has(name)) return null;
  return known ? known() : plainTags(dataModel, model, where);
}

/** The tags that name the one row which has these values. Null where they do not tell all, or ask for anything else. */
export function plainTags(dataModel: DataModel, model: Model, where: Values): readonly Tag[] | null {
  const valueOf = plainValues(model, where);
  if (!valueOf) return null;
  const tags: Tag[] = [anyTag(model.name)];
  for (const key of taggableKeys(dataModel, model)) {
    const tag = keyTag(dataModel, model, key, valueOf);
    if (tag !== null) tags.push(tag);
    // Nobody finds a row by null.
    else if (!key.fields.some((name) => valueOf(name) === null)) return null;
  }
  for (const field of trackedFields(dataModel, model)) {
    const value = trackedValue(field, dataModel.provider, valueOf(field.name));
    if (value === undefined) return null;
    tags.push(fieldTag(model.name, field.name, value));
  }
  return tags.sort();
}

type Values = Readonly<Record<string, unknown>>;

/** The values of columns that a filter asks for side by side, or `AND` one more such filter. Null where it asks for anything else. */
function plainValues(model: Model, where: Values): ((name: string) => unknown) | null {
  const { AND: and, ...values } = where;
  if (and !== undefined && !Array.isArray(and)) return null;
  const [more = {}, ...others] = (and ?? []) as readonly unknown[];
  if (others.length > 0 || !isRecord(more)) return null;
  for (const name of Object.keys(values)) if (!isPlain(model, name, values[name])) return null;
  for (const name of Object.keys(more)) {
    if (Object.hasOwn(values, name) || !isPlain(model, name, more[name])) return null;
  }
  return (name) => (Object.hasOwn(values, name) ? values[name] : more[name]);
}

function isPlain(model: Model, name: string, value: unknown): boolean {
  const kind = model.fields.get(name)?.kind;
  return kind !== undefined && kind !== "relation" && (value === null || PLAIN.has(typeof value));
}

const PLAIN: ReadonlySet<string> = new Set(["string", "number", "bigint", "boolean"]);

const stillByModel = new WeakMap<Model, ReadonlySet<string> | null>();

/** The columns that can change without anything but the row itself. Null where others change along with any. */
function stillColumns(dataModel: DataModel, model: Model): ReadonlySet<string> | null {
  let still = stillByModel.get(model);
  if (still === undefined) {
    const moving = new Set([...pathsOf(dataModel, model).flat(), ...columnsThatReach(model)]);
    const { updatedAt, computed } = followersOf(model);
    const { alsoWrites, volatile } = model.tracking;
    const isAlone =
      alsoWrites.length === 0 && volatile.length === 0 && ![...updatedAt, ...computed].some((name) => moving.has(name));
    const columns = [...model.fields.values()].filter(({ kind, name }) => kind !== "relation" && !moving.has(name));
    still = isAlone ? new Set(columns.map(({ name }) => name)) : null;
    stillByModel.set(model, still);
  }
  return still;
}
