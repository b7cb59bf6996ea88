import type { Tag } from "@evercache/core";
import type { Field, Model } from "../schema/data-model.js";
import { areVolatile, twinsOf } from "../schema/volatile.js";
import { cascadeDelete, cascadeUpdate } from "./cascade.js";
import type { Changes } from "./changes.js";
import type { Known } from "./known.js";
import { changeCreatedRow, changeRows } from "./selected-row.js";
import type { SqlChange, SqlValue } from "./sql-change.js";
import { NOTHING_TOUCHED, touchedValues } from "./touched.js";

/** What a change says of columns, said of fields. */
interface ChangedFields {
  readonly known: Known;
  readonly written: ReadonlyMap<string, unknown>;
}

/** `null`: it writes to a column that is not known, which others may be computed from. */
function fieldsOf(model: Model, { equal, oneOf, written }: SqlChange): ChangedFields | null {
  const all = [...model.fields.values()].filter(({ kind }) => kind !== "relation");
  const fieldOf = (column: string): Field | null => {
    const [field, ...others] = all.filter((one) => one.column.toLowerCase() === column);
    return field && others.length === 0 ? field : null;
  };
  const named = <Value>(columns: ReadonlyMap<string, Value>, read: (field: Field, value: Value) => unknown) =>
    [...columns].flatMap(([column, value]) => {
      const field = fieldOf(column);
      return field ? [[field.name, read(field, value)] as const] : [];
    });
  const writes = named(written, (field, value) => (value === undefined ? undefined : asStored(field, value)));
  if (writes.length < written.size) return null;
  const values = named(equal, asStored).filter(([, value]) => value !== undefined);
  const lists = named(oneOf, (field, list) => list.map((value) => asStored(field, value)));
  return {
    // A value that is not known is spelled as none, so that a list with one names nothing.
    known: { equal: new Map(values), oneOf: new Map(lists) as Known["oneOf"] },
    written: new Map(writes),
  };
}

/** The value that Prisma has for what SQL says. `undefined`: that is not certain. */
function asStored(field: Field, value: SqlValue): SqlValue | undefined {
  // What becomes of an offset in a text depends on the column and the session.
  if (field.type === "DateTime" && typeof value === "string") return undefined;
  // Databases without a type for truth store it as a number.
  return field.type === "Boolean" && (value === 0 || value === 1) ? value === 1 : value;
}

/**
 * The tags of what a simple statement changes in rows of this model, and in those that follow them. `null`: that cannot be
 * told.
 */
export function changedBy(changes: Changes, model: Model, change: SqlChange): Tag[] | null {
  const fields = fieldsOf(model, change);
  if (!fields) return null;
  const { known, written } = fields;
  const { verb } = change;
  switch (verb) {
    case "insert":
      changeCreatedRow(changes, model, undefined, new Map([...model.fields.keys()].map((name) => [name, undefined])));
      return changes.tags();
    case "delete":
      cascadeDelete(changes, model, known);
      changeRows(changes, model, known, NOTHING_TOUCHED);
      return changes.tags();
    case "update": {
      const touched = touchedValues(model, written);
      cascadeUpdate(changes, model, known, touched);
      changeRows(changes, model, known, touched);
      const tags = changes.tags();
      return areVolatile(model, [...written.keys()]) ? twinsOf(model, tags) : tags;
    }
    default:
      return verb satisfies never;
  }
}
