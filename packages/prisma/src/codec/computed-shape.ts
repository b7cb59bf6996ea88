import type { ReadOperation } from "../client/operation.js";
import { isAbsent, isRecord } from "../query/canonical.js";
import type { Field, Model } from "../schema/data-model.js";
import { columnOf, scalarOf } from "./field-shape.js";
import type { Column, RowShape, ScalarType, Slot } from "./shape.js";

type Args = Readonly<Record<string, unknown>>;

/** What `count`, `aggregate` and `groupBy` answer. */
export function computedShape(model: Model, operation: ReadOperation, args: Args): Slot | null {
  if (operation === "count") {
    const { select } = args;
    const shape = isRecord(select) ? countedFields(select) : isAbsent(select) ? NUMBER : null;
    return shape && { shape, isNullable: false };
  }
  const grouped = operation === "groupBy" ? groupColumns(model, args["by"]) : [];
  const computed = aggregateColumns(model, args);
  if (!grouped || !computed || grouped.length + computed.length === 0) return null;
  const row: RowShape = { kind: "row", columns: [...grouped, ...computed] };
  return { shape: operation === "groupBy" ? { kind: "list", of: row } : row, isNullable: false };
}

const NUMBER = { kind: "number" } as const;

function column(name: string, shape: Column["shape"], isNullable = false): Column {
  return { name, shape, isNullable, isOptional: false };
}

function groupColumns(model: Model, by: unknown): Column[] | null {
  const names: readonly unknown[] = Array.isArray(by) ? by : [by];
  if (!names.every((name) => typeof name === "string")) return null;
  const columns: Column[] = [];
  for (const field of model.fields.values()) {
    if (!names.includes(field.name)) continue;
    const grouped = columnOf(field, false);
    if (!grouped) return null;
    columns.push(grouped);
  }
  return columns.length === new Set(names).size ? columns : null;
}

/** What an aggregate of a field is. */
const AGGREGATES: Readonly<Record<string, (field: Field) => ScalarType | null>> = {
  _avg: (field) => (scalarOf(field) === "decimal" ? "decimal" : "number"),
  _sum: scalarOf,
  _min: scalarOf,
  _max: scalarOf,
};

function aggregateColumns(model: Model, args: Args): Column[] | null {
  const columns: Column[] = [];
  const { _count: counted } = args;
  if (counted === true) columns.push(column("_count", NUMBER));
  else if (!isAbsent(counted)) {
    const counts = isRecord(counted) ? countedFields(counted) : null;
    if (!counts) return null;
    columns.push(column("_count", counts));
  }
  for (const [name, typeOf] of Object.entries(AGGREGATES)) {
    const asked = args[name];
    if (isAbsent(asked)) continue;
    const fields = isRecord(asked) ? aggregatedFields(model, asked, typeOf) : null;
    if (!fields) return null;
    columns.push(column(name, fields));
  }
  return columns;
}

/** Of no rows there is none. */
function aggregatedFields(model: Model, asked: Args, typeOf: (field: Field) => ScalarType | null): RowShape | null {
  const columns: Column[] = [];
  for (const name of selectedNames(asked)) {
    const field = model.fields.get(name);
    const type = field && !field.isList ? typeOf(field) : null;
    if (!type) return null;
    columns.push(column(name, { kind: type }, true));
  }
  return columns.length === 0 ? null : { kind: "row", columns };
}

/** `_all` among them. */
function countedFields(asked: Args): RowShape | null {
  const columns = selectedNames(asked).map((name) => column(name, NUMBER));
  return columns.length === 0 ? null : { kind: "row", columns };
}

/** In an order of their own: two queries that differ in the order alone share their entries. */
function selectedNames(asked: Args): string[] {
  return Object.keys(asked)
    .filter((name) => asked[name] === true)
    .sort();
}
