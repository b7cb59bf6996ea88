import { isAbsent, isRecord } from "../query/canonical.js";
import { impliedBy } from "../query/equalities.js";
import type { DataModel, Model, Relation } from "../schema/data-model.js";
import { referencedColumn } from "../schema/paths.js";

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

/** These columns, with the values that they get, or `undefined` where nobody knows. */
export function touchedValues(model: Model, values: ReadonlyMap<string, unknown>): Touched {
  return withComputed(model, new Set(values.keys()), values);
}

/** A relation whose foreign key the model holds counts as that key, unless what is done to it leaves the key as it is. */
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
      const kept = updatedAlone(dataModel, relation, value);
      for (const [i, column] of relation.fields.entries()) {
        if (kept && !kept.has(relation.references[i] ?? "")) continue;
        const others = fields.has(column) ? [values.get(column)] : [];
        fields.add(column);
        values.set(column, agreedValue([...others, linkedValue(dataModel, relation, column, value)]));
      }
    }
  }
  // Prisma writes these along with each other one.
  if (fields.size > 0) for (const name of followersOf(model).updatedAt) fields.add(name);
  return withComputed(model, fields, values);
}

/** Which of several relations that share a column has the last word is not certain. */
export function agreedValue([first, ...others]: readonly unknown[]): unknown {
  return others.every((value) => Object.is(value, first)) ? first : undefined;
}

/** What is written to the other row of a relation, where that is all that is done to it. */
function updatedAlone(dataModel: DataModel, relation: Relation, writes: unknown): Touched | null {
  const other = dataModel.models.get(relation.otherModel);
  if (!other || operationsIn(writes).join() !== "update" || !isRecord(writes)) return null;
  return touchedBy(dataModel, other, toOneUpdate(other, writes["update"]).data);
}

/**
 * The update of a to-one relation is either the data itself, or `{ where, data }`: told apart unless the model has such
 * fields. `data` is null then.
 */
export function toOneUpdate(other: Model, payload: unknown): { readonly where: unknown; readonly data: unknown } {
  if (!isRecord(payload) || !isRecord(payload["data"])) return { where: undefined, data: payload };
  return other.fields.has("data")
    ? { where: undefined, data: null }
    : { where: payload["where"], data: payload["data"] };
}

/** A write to any column may change those that the database computes. */
function withComputed(model: Model, fields: Set<string>, values: ReadonlyMap<string, unknown>): Touched {
  if (fields.size > 0) for (const name of followersOf(model).computed) fields.add(name);
  return { has: (field) => fields.has(field), valueOf: (field) => values.get(field), fields };
}

interface Followers {
  readonly updatedAt: readonly string[];
  readonly computed: readonly string[];
}

const followersByModel = new WeakMap<Model, Followers>();

/** The columns that change along with others. */
export function followersOf(model: Model): Followers {
  let followers = followersByModel.get(model);
  if (!followers) {
    const fields = [...model.fields.values()];
    followers = {
      updatedAt: fields.filter(({ isUpdatedAt }) => isUpdatedAt).map(({ name }) => name),
      computed: fields.filter(({ isComputed }) => isComputed).map(({ name }) => name),
    };
    followersByModel.set(model, followers);
  }
  return followers;
}

function newValue(value: unknown): unknown {
  return isRecord(value) ? (isAbsent(value["set"]) ? undefined : value["set"]) : value;
}

export function operationsIn(writes: unknown): string[] {
  return isRecord(writes) ? Object.keys(writes).filter((operation) => !isAbsent(writes[operation])) : [];
}

/**
 * The value that a column of a foreign key gets from a nested write to its relation, where the arguments tell. The
 * columns themselves are not in the data then. `undefined` too where the write may leave the key alone.
 */
export function linkedValue(dataModel: DataModel, relation: Relation, column: string, writes: unknown): unknown {
  const other = dataModel.models.get(relation.otherModel);
  const [operation, ...more] = operationsIn(writes);
  if (!isRecord(writes) || !other || more.length > 0) return undefined;
  const payload = writes[operation ?? ""];
  if (operation === "disconnect" || operation === "delete") return payload === true ? null : undefined;
  const source = referencedColumn(dataModel, relation, column);
  if (source === null) return undefined;
  if (operation === "connect") return impliedBy(other, payload).equal.get(source);
  if (operation === "update") return touchedBy(dataModel, other, toOneUpdate(other, payload).data).valueOf(source);
  if (!isRecord(payload)) return undefined;
  if (operation === "create") return givenValue(payload, source);
  if (operation !== "connectOrCreate") return undefined;
  const found = impliedBy(other, payload["where"]).equal.get(source);
  return found === givenValue(payload["create"], source) ? found : undefined;
}

function givenValue(data: unknown, field: string): unknown {
  return isRecord(data) && !isAbsent(data[field]) ? data[field] : undefined;
}
