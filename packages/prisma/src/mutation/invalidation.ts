import { EvercacheError, type Tag } from "@evercache/core";
import { isAbsent, isRecord } from "../query/canonical.js";
import { impliedBy } from "../query/equalities.js";
import type { DataModel, Model } from "../schema/data-model.js";
import { keyValues } from "../schema/key-value.js";
import { trackedFields } from "../schema/tracked-fields.js";
import { Changes, taggablePrimaryKey, taggableUniques } from "./changes.js";

/**
 * The tags of rows that somebody else changed, each given by a unique selector as in `where`: `{ id: 1 }`. A row given
 * by one key is invalidated under its others too, for these any row may be the one; a selector that names no key
 * invalidates the model.
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

  const { dataModel } = changes;
  const { equal } = impliedBy(model, row);
  const valueOf = (field: string) => equal.get(field);
  const primaryKey = taggablePrimaryKey(dataModel, model);
  const values = primaryKey && keyValues(dataModel, model, primaryKey, valueOf);
  if (values) changes.row(model.name, values);
  const uniques = taggableUniques(dataModel, model);
  for (const fields of uniques) {
    const unique = keyValues(dataModel, model, fields, valueOf);
    if (unique) changes.unique(model.name, fields, unique);
  }
  // The row behind a unique value alone may be cached under any primary key.
  if (primaryKey && !values) changes.all(model.name);
  else if (uniques.length > 0 || trackedFields(dataModel, model).length > 0) changes.lookup(model.name);
}

function isColumn(model: Model, name: string): boolean {
  const field = model.fields.get(name);
  return field !== undefined && field.kind !== "relation";
}
