import { pathTag, tagGroup, type Tag } from "@evercache/core";
import { isAbsent, isRecord } from "../query/canonical.js";
import type { DataModel, Field, Model, Relation } from "../schema/data-model.js";
import { keyTag, taggableKeys, type Key } from "../schema/paths.js";
import { trackedFields, trackedValue } from "../schema/tracked-fields.js";
import { type Changes, MOST_ROWS } from "./changes.js";
import type { Known } from "./known.js";
import { agreedValue, linkedValue, type Touched } from "./touched.js";

/**
 * What only the row that a change returns can tell: its value in a key, or in a tracked field, or the key by which its
 * links through a relation are named.
 */
export type Unnamed = {
  /** Covers it until it is learnt. */
  readonly fence: Tag;
} & ({ readonly key: Key } | { readonly field: Field } | { readonly link: Relation });

/**
 * Names rows that are updated or deleted as far as it is known which they are: their old values, and the new ones of the
 * columns that are touched. What cannot be learnt from the returned rows either, because it was overwritten, is covered
 * here by the tags of its paths.
 *
 * New values are named as well as old ones. No reader has an entry for a value that no row had, yet another writer's
 * returned row may be older than this write, so that this write is the only one to name the value.
 */
export function nameRows(changes: Changes, model: Model, { equal, oneOf }: Known, touched: Touched): Unnamed[] {
  const { dataModel } = changes;
  const { name } = model;
  changes.any(name);
  const unnamed: Unnamed[] = [];

  for (const key of taggableKeys(dataModel, model)) {
    const rows = keyTags(dataModel, model, key, equal, oneOf);
    for (const row of rows ?? []) changes.exact(name, row, key.path);
    if (!key.fields.some((field) => touched.has(field))) {
      if (!rows) unnamed.push({ fence: key.path, key });
      continue;
    }
    if (!rows) changes.wide(name, key.path);
    const newValue = (field: string) => (touched.has(field) ? touched.valueOf(field) : equal.get(field));
    const row = keyTag(dataModel, model, key, newValue);
    // Nobody finds a row by null.
    const isNull = key.fields.some((field) => newValue(field) === null);
    if (row) changes.gained(name, row, key);
    else if (!isNull) changes.gainedUnknown(name, key);
  }

  for (const field of trackedFields(dataModel, model)) {
    const values = fieldValues(dataModel, field, equal, oneOf);
    const isTouched = touched.has(field.name);
    for (const value of values ?? []) changes.field(name, field, value);
    if (!values && isTouched) changes.field(name, field, undefined);
    // The returned row shows an untouched column as it was before, and a touched one with its new value.
    let isUnnamed = !values && !isTouched;
    if (isTouched) {
      const value = trackedValue(field, dataModel.provider, touched.valueOf(field.name));
      if (value === undefined) isUnnamed = true;
      else changes.field(name, field, value);
    }
    if (isUnnamed) unnamed.push({ fence: pathTag(name, [field.name]), field });
  }
  return unnamed;
}

/** As {@link nameRows}, where no row is returned to learn from. */
export function changeRows(changes: Changes, model: Model, known: Known, touched: Touched): void {
  cover(changes, nameRows(changes, model, known, touched));
}

/** What is unknown and cannot be learnt either. */
export function cover(changes: Changes, unnamed: readonly Unnamed[]): void {
  for (const { fence } of unnamed) changes.wide(tagGroup(fence), fence);
}

/** The tags of the rows that have one of the values which a filter implies. `null`: it implies none. */
function keyTags(
  dataModel: DataModel,
  model: Model,
  key: Key,
  equal: ReadonlyMap<string, unknown>,
  oneOf: ReadonlyMap<string, readonly unknown[]>,
): Tag[] | null {
  // Nobody finds a row by null.
  if (key.fields.some((field) => equal.get(field) === null)) return [];
  const row = keyTag(dataModel, model, key, (field) => equal.get(field));
  if (row) return [row];
  const [field = "", ...others] = key.fields;
  const list = oneOf.get(field);
  if (!list || others.length > 0 || list.length > MOST_ROWS) return null;
  const rows = list.map((value) => keyTag(dataModel, model, key, () => value));
  return rows.every((tag) => tag !== null) ? rows : null;
}

function fieldValues(
  { provider }: DataModel,
  field: Field,
  equal: ReadonlyMap<string, unknown>,
  oneOf: ReadonlyMap<string, readonly unknown[]>,
): (string | null)[] | null {
  const list = equal.has(field.name) ? [equal.get(field.name)] : oneOf.get(field.name);
  if (!list || list.length > MOST_ROWS) return null;
  const values = list.map((value) => trackedValue(field, provider, value));
  return values.every((value) => value !== undefined) ? values : null;
}

/** Names the keys and the values of the tracked fields of a new row. */
export function nameCreatedRow(
  changes: Changes,
  model: Model,
  data: unknown,
  given: ReadonlyMap<string, unknown>,
): Unnamed[] {
  const { dataModel } = changes;
  const { name } = model;
  changes.any(name);
  const unnamed: Unnamed[] = [];
  const valueOf = (field: string) => createdValue(dataModel, model, field, data, given);
  for (const key of taggableKeys(dataModel, model)) {
    const row = keyTag(dataModel, model, key, valueOf);
    if (row) changes.gained(name, row, key);
    else if (!key.fields.some((field) => valueOf(field) === null)) unnamed.push({ fence: key.added, key });
  }
  for (const field of trackedFields(dataModel, model)) {
    const value = trackedValue(field, dataModel.provider, valueOf(field.name));
    if (value === undefined) unnamed.push({ fence: pathTag(name, [field.name]), field });
    else changes.fieldOfNew(name, field, value);
  }
  return unnamed;
}

/** As {@link nameCreatedRow}, where no row is returned to learn from. */
export function changeCreatedRow(
  changes: Changes,
  model: Model,
  data: unknown,
  given: ReadonlyMap<string, unknown>,
): void {
  cover(changes, nameCreatedRow(changes, model, data, given));
}

/** The value that a new row gets. `undefined`: it is not known. */
export function createdValue(
  dataModel: DataModel,
  model: Model,
  name: string,
  data: unknown,
  given: ReadonlyMap<string, unknown>,
): unknown {
  const values = given.has(name) ? [given.get(name)] : [];
  if (isRecord(data)) {
    if (!isAbsent(data[name])) values.push(data[name]);
    for (const relation of model.relations.values()) {
      if (relation.holdsForeignKey && relation.fields.includes(name) && !isAbsent(data[relation.field])) {
        values.push(linkedValue(dataModel, relation, name, data[relation.field]));
      }
    }
  }
  if (values.length > 0) return agreedValue(values);
  return isRecord(data) ? model.fields.get(name)?.defaultValue : undefined;
}
