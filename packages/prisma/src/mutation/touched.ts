import { isAbsent, isRecord } from "../query/canonical.js";
import { impliedBy } from "../query/equalities.js";
import type { DataModel, Model, Relation } from "../schema/data-model.js";

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
export function touchedBy(dataModel: DataModel, model: Model, data: unknown): Touched {
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
      for (const column of relation.fields) {
        fields.add(column);
        values.set(column, linkedValue(dataModel, relation, column, value));
      }
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

/**
 * The value that a column of a foreign key gets from a nested write to its relation, where the arguments tell. The
 * columns themselves are not in the data then.
 */
export function linkedValue(dataModel: DataModel, relation: Relation, column: string, writes: unknown): unknown {
  const other = dataModel.models.get(relation.otherModel);
  const source = relation.references[relation.fields.indexOf(column)];
  if (!isRecord(writes) || !other || source === undefined) return undefined;
  const operations = Object.keys(writes).filter((operation) => !isAbsent(writes[operation]));
  if (operations.length !== 1) return undefined;
  if (operations[0] === "disconnect") return writes["disconnect"] === true ? null : undefined;
  if (operations[0] === "connect") return impliedBy(other, writes["connect"]).equal.get(source);
  const { create } = writes;
  return operations[0] === "create" && isRecord(create) && !isAbsent(create[source]) ? create[source] : undefined;
}
