import type { Implied } from "../query/equalities.js";
import type { DataModel, Model, Relation } from "../schema/data-model.js";
import { referencedColumn } from "../schema/paths.js";
import { trackedValue } from "../schema/tracked-fields.js";

/** What is known for certain of each of the rows that a write meets, by field: its value, or the values of which it has one. */
export type Known = Implied;

export const NOTHING_KNOWN: Known = { equal: new Map(), oneOf: new Map() };

/** Of rows to which both apply. */
export function bothKnown(one: Known, other: Known): Known {
  return {
    equal: new Map([...other.equal, ...one.equal]),
    oneOf: new Map([...other.oneOf, ...one.oneOf]),
  };
}

/** What is known of a row with these values. Those that are `undefined` are not known. */
export function knownValues(values: ReadonlyMap<string, unknown>): Known {
  return { equal: new Map([...values].filter(([, value]) => value !== undefined)), oneOf: new Map() };
}

/** Of the rows that reference one of those of which `known` is known. */
export function knownOfHolders(dataModel: DataModel, relation: Relation, known: Known): Known {
  return across(dataModel, relation, known, "to the holder");
}

/** Of the rows that are referenced by one of those of which `known` is known. */
export function knownOfReferenced(dataModel: DataModel, relation: Relation, known: Known): Known {
  return across(dataModel, relation, known, "to the referenced");
}

function across(
  dataModel: DataModel,
  relation: Relation,
  known: Known,
  direction: "to the holder" | "to the referenced",
): Known {
  const equal = new Map<string, unknown>();
  const oneOf = new Map<string, readonly unknown[]>();
  for (const column of relation.fields) {
    const other = referencedColumn(dataModel, relation, column);
    if (other === null) continue;
    const [from, to] = direction === "to the holder" ? [other, column] : [column, other];
    if (known.equal.has(from)) equal.set(to, known.equal.get(from));
    const list = known.oneOf.get(from);
    if (list) oneOf.set(to, list);
  }
  return { equal, oneOf };
}

/** Two of the same spelling say the same of rows of this model: values that cannot be spelled name no rows. */
export function spelledKnown({ provider }: DataModel, model: Model, { equal, oneOf }: Known): string {
  const spelled = [...model.fields.values()].map((field) => {
    const values = equal.has(field.name) ? [equal.get(field.name)] : oneOf.get(field.name);
    const texts = values?.map((value) => trackedValue(field, provider, value));
    return texts?.map((text) => (text === undefined ? UNSPELLED : text)) ?? [];
  });
  return JSON.stringify(spelled);
}

const UNSPELLED = 0;
