import { isAbsent, isRecord } from "../query/canonical.js";
import { impliedBy, type Implied } from "../query/equalities.js";
import type { Field, Model } from "../schema/data-model.js";
import { keyValue, keyValues } from "../schema/key-value.js";
import { trackedFields, trackedValue } from "../schema/tracked-fields.js";
import { type Changes, MOST_ROWS, taggablePrimaryKey, taggableUniques } from "./changes.js";
import type { Touched } from "./touched.js";

/** What a change left to be learnt from the row that it returns. */
export interface Unnamed {
  /** The primary key is to be learnt; until then any row may be the one. */
  readonly isRowUnknown: boolean;
  /** Keys whose values are to be learnt. */
  readonly uniques: readonly (readonly string[])[];
  /** Tracked fields whose values are to be learnt. */
  readonly fields: readonly Field[];
}

/**
 * Names the one row that a unique selector finds, as far as the selector tells: its old values, and the new ones of
 * the columns that are touched. What cannot be learnt from the returned row either, because it was overwritten, is
 * covered here by `lookup` or `all`.
 *
 * New values are named as well as old ones. No reader has an entry for a value that no row had, yet another writer's
 * returned row may be older than this write, so that this write is the only one to name the value.
 */
export function nameSelectedRow(changes: Changes, model: Model, where: unknown, touched: Touched): Unnamed {
  const { dataModel } = changes;
  const { name } = model;
  changes.any(name);
  const { equal } = impliedBy(model, where);
  const oldValue = (field: string) => equal.get(field);
  const newValue = (field: string) => (touched.has(field) ? touched.valueOf(field) : equal.get(field));

  let isRowUnknown = false;
  const primaryKey = taggablePrimaryKey(dataModel, model);
  if (primaryKey) {
    const old = keyValues(dataModel, model, primaryKey, oldValue);
    if (old) changes.row(name, old);
    else isRowUnknown = true;
    if (primaryKey.some((field) => touched.has(field))) {
      const values = old && keyValues(dataModel, model, primaryKey, newValue);
      if (values) changes.row(name, values);
      else changes.all(name);
    }
  }

  const uniques: (readonly string[])[] = [];
  for (const fields of taggableUniques(dataModel, model)) {
    const old = keyValues(dataModel, model, fields, oldValue);
    if (old) changes.unique(name, fields, old);
    if (fields.some((field) => touched.has(field))) {
      const isNull = fields.some((field) => touched.has(field) && touched.valueOf(field) === null);
      const values = old && keyValues(dataModel, model, fields, newValue);
      if (values) changes.unique(name, fields, values);
      // Nobody finds a row by null.
      else if (!old || !isNull) changes.lookup(name);
    } else if (!old) {
      uniques.push(fields);
    }
  }
  return { isRowUnknown, uniques, fields: nameTrackedFields(changes, model, oldValue, touched) };
}

/**
 * Names the values of the tracked fields, old and new. Returns the fields that only the returned row can tell: those that
 * are not touched, which it shows as they were before, and those whose new value is not known.
 */
function nameTrackedFields(
  changes: Changes,
  model: Model,
  oldValue: (field: string) => unknown,
  touched: Touched,
): Field[] {
  const { provider } = changes.dataModel;
  const unknown: Field[] = [];
  for (const field of trackedFields(changes.dataModel, model)) {
    const isTouched = touched.has(field.name);
    const old = trackedValue(field, provider, oldValue(field.name));
    if (old !== undefined) changes.field(model.name, field, old);
    else if (isTouched) changes.anyValue(model.name, field);
    else unknown.push(field);
    if (!isTouched) continue;
    const value = trackedValue(field, provider, touched.valueOf(field.name));
    if (value === undefined) unknown.push(field);
    else changes.field(model.name, field, value);
  }
  return unknown;
}

/**
 * Names the values of the tracked fields of a new row. Returns those that only the returned row can tell.
 * @param valueOf what the row gets: `undefined` where it is not known
 */
export function nameCreatedRow(
  changes: Changes,
  model: Model,
  data: unknown,
  given: ReadonlyMap<string, unknown>,
): Field[] {
  changes.any(model.name);
  const unknown: Field[] = [];
  for (const field of trackedFields(changes.dataModel, model)) {
    const value = trackedValue(field, changes.dataModel.provider, createdValue(model, field, data, given));
    if (value === undefined) unknown.push(field);
    else changes.field(model.name, field, value);
  }
  return unknown;
}

/** As {@link nameCreatedRow}, where no row is returned to learn from. */
export function changeCreatedRow(
  changes: Changes,
  model: Model,
  data: unknown,
  given: ReadonlyMap<string, unknown>,
): void {
  for (const field of nameCreatedRow(changes, model, data, given)) changes.anyValue(model.name, field);
}

function createdValue(model: Model, field: Field, data: unknown, given: ReadonlyMap<string, unknown>): unknown {
  if (given.has(field.name)) return given.get(field.name);
  if (!isRecord(data)) return undefined;
  const value = data[field.name];
  if (!isAbsent(value)) return value;
  for (const relation of model.relations.values()) {
    if (relation.holdsForeignKey && relation.fields.includes(field.name) && !isAbsent(data[relation.field])) {
      return undefined;
    }
  }
  return field.defaultValue;
}

/** The values that a selector tells of its row and that an update leaves alone. */
export function untouchedValues(model: Model, where: unknown, touched: Touched): ReadonlyMap<string, unknown> {
  return new Map([...impliedBy(model, where).equal].filter(([field]) => !touched.has(field)));
}

/** As {@link nameSelectedRow}, where no row is returned to learn from. */
export function changeSelectedRow(changes: Changes, model: Model, where: unknown, touched: Touched): void {
  cover(changes, model, nameSelectedRow(changes, model, where, touched));
}

/** What is unknown and cannot be learnt either. */
function cover(changes: Changes, model: Model, { isRowUnknown, uniques, fields }: Unnamed): void {
  if (isRowUnknown) return changes.all(model.name);
  if (uniques.length > 0) changes.lookup(model.name);
  for (const field of fields) changes.anyValue(model.name, field);
}

/** Names the rows that a filter lets through if it consists of a set of primary keys. Their other keys stay unnamed. */
export function nameFilteredRows(changes: Changes, model: Model, where: unknown, touched: Touched): Unnamed {
  const { dataModel } = changes;
  changes.any(model.name);
  const implied = impliedBy(model, where);
  const primaryKey = taggablePrimaryKey(dataModel, model);
  const rows = primaryKey && rowsOf(changes, model, primaryKey, implied);
  if (rows) for (const row of rows) changes.row(model.name, row);
  if (primaryKey?.some((field) => touched.has(field))) changes.all(model.name);

  const uniques = taggableUniques(dataModel, model);
  const isTouched = (fields: readonly string[]) => fields.some((field) => touched.has(field));
  if (uniques.some(isTouched)) changes.lookup(model.name);
  return {
    isRowUnknown: !rows,
    uniques: uniques.filter((fields) => !isTouched(fields)),
    fields: nameTrackedFields(changes, model, (field) => implied.equal.get(field), touched),
  };
}

/** As {@link nameFilteredRows}, where no rows are returned to learn from. */
export function changeFilteredRows(changes: Changes, model: Model, where: unknown, touched: Touched): void {
  cover(changes, model, nameFilteredRows(changes, model, where, touched));
}

function rowsOf(
  { dataModel }: Changes,
  model: Model,
  primaryKey: readonly string[],
  { equal, oneOf }: Implied,
): string[][] | null {
  const row = keyValues(dataModel, model, primaryKey, (name) => equal.get(name));
  if (row) return [row];
  const [name, ...others] = primaryKey;
  const field = name === undefined ? undefined : model.fields.get(name);
  const list = field && oneOf.get(field.name);
  if (!list || others.length > 0 || list.length > MOST_ROWS) return null;
  const rows: string[][] = [];
  for (const value of list) {
    const spelled = keyValue(field, dataModel.provider, value);
    if (spelled === null) return null;
    rows.push([spelled]);
  }
  return rows;
}
