import { isAbsent, isRecord } from "../query/canonical.js";
import type { Model } from "../schema/data-model.js";

/** The columns that the data of an update writes to. */
export interface Touched {
  has(field: string): boolean;
  /** The value that the field gets. `undefined`: it is not known. */
  valueOf(field: string): unknown;
  readonly fields: ReadonlySet<string>;
}

export const NOTHING_TOUCHED: Touched = { has: () => false, valueOf: () => undefined, fields: new Set() };

/** Every column, with values that nobody knows. */
export function everythingTouched(model: Model): Touched {
  const fields = new Set([...model.fields.values()].filter(({ kind }) => kind !== "relation").map(({ name }) => name));
  return { has: () => true, valueOf: () => undefined, fields };
}

/** These columns, with values that nobody knows. */
export function touchedFields(model: Model, fields: readonly string[]): Touched {
  return withComputed(model, new Set(fields), new Map());
}

/** A relation whose foreign key the model holds counts as that key, whatever is done to it. */
export function touchedBy(model: Model, data: unknown): Touched {
  if (!isRecord(data)) return everythingTouched(model);
  const fields = new Set<string>();
  const values = new Map<string, unknown>();
  for (const [name, value] of Object.entries(data)) {
    if (isAbsent(value)) continue;
    const field = model.fields.get(name);
    if (!field) return everythingTouched(model);
    const relation = model.relations.get(name);
    if (!relation) {
      fields.add(name);
      values.set(name, newValue(value));
    } else if (relation.holdsForeignKey) {
      for (const column of relation.fields) fields.add(column);
    }
  }
  return withComputed(model, fields, values);
}

/** A write to any column may change those that the database computes. */
function withComputed(model: Model, fields: Set<string>, values: ReadonlyMap<string, unknown>): Touched {
  if (fields.size > 0) {
    for (const field of model.fields.values()) if (field.isComputed && !fields.has(field.name)) fields.add(field.name);
  }
  return { has: (field) => fields.has(field), valueOf: (field) => values.get(field), fields };
}

function newValue(value: unknown): unknown {
  return isRecord(value) ? (isAbsent(value["set"]) ? undefined : value["set"]) : value;
}
