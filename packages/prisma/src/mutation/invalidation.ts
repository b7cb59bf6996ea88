import { EvercacheError, type Tag } from "@evercache/core";
import { isAbsent, isRecord } from "../query/canonical.js";
import { impliedBy } from "../query/equalities.js";
import type { DataModel, Model } from "../schema/data-model.js";
import { taggableKeys } from "../schema/paths.js";
import { Changes } from "./changes.js";
import { changeRows } from "./selected-row.js";
import { touchedValues } from "./touched.js";

/**
 * The tags of rows that somebody else changed, each given by a unique selector as in `where`: `{ id: 1 }`. A row given
 * by one key is invalidated under its others too, for these any row may be the one.
 * @throws EvercacheError `UNKNOWN_MODEL`, `UNKNOWN_FIELD`
 */
export function invalidationOf(dataModel: DataModel, modelName: string, rows: readonly unknown[]): Tag[] {
  const model = dataModel.models.get(modelName);
  if (!model) {
    throw new EvercacheError("UNKNOWN_MODEL", `rows: there is no model ${modelName} in the schema.`, {
      value: modelName,
    });
  }
  const changes = new Changes(dataModel);
  changes.any(modelName);
  for (const row of rows) invalidateRow(changes, model, row);
  return changes.tags();
}

function invalidateRow(changes: Changes, model: Model, row: unknown): void {
  if (!isRecord(row)) {
    throw new EvercacheError("UNKNOWN_FIELD", `rows.${model.name}: write a unique selector such as { id: 1 }.`, {
      value: row,
    });
  }
  for (const [name, value] of Object.entries(row)) {
    if (isAbsent(value) || name === "AND" || isColumn(model, name) || model.selectors.has(name)) continue;
    // Without the schema's text the names of compound keys are not known.
    if (!changes.dataModel.isPrecise && isRecord(value) && Object.keys(value).every((key) => isColumn(model, key)))
      continue;
    throw new EvercacheError(
      "UNKNOWN_FIELD",
      `rows.${model.name}: ${name} is not a column or a key of ${model.name}.`,
      {
        value: name,
      },
    );
  }

  // What was done to the row is not known: in all columns but those of its primary key it may have had other values.
  const columns = [...model.fields.values()].filter(({ kind }) => kind !== "relation").map(({ name }) => name);
  const others = columns.filter((name) => !model.primaryKey?.includes(name));
  const touched = touchedValues(model, new Map(others.map((name) => [name, undefined])));
  changeRows(changes, model, impliedBy(model, row), touched);
  // Nor whether it is there for the first time.
  for (const { added } of taggableKeys(changes.dataModel, model)) changes.wide(model.name, added);
}

function isColumn(model: Model, name: string): boolean {
  const field = model.fields.get(name);
  return field !== undefined && field.kind !== "relation";
}
