import { modelTag, pathTag, rowTag, uniqueTag, type Tag } from "@evercache/core";
import type { DataModel, Model, Relation } from "./data-model.js";
import { isTaggable, keyValues } from "./key-value.js";
import { trackedFields } from "./tracked-fields.js";

/** A key of a model by which tags name rows. */
export interface Key {
  readonly fields: readonly string[];
  readonly isPrimary: boolean;
  readonly path: Tag;
}

const keysByModel = new WeakMap<Model, readonly Key[]>();
const everythingByModel = new WeakMap<Model, readonly Tag[]>();

/** The primary key first, if readers may find rows by it. */
export function taggableKeys({ provider }: DataModel, model: Model): readonly Key[] {
  let keys = keysByModel.get(model);
  if (!keys) {
    const isByRow = model.tracking.granularity === "row";
    const primary = model.primaryKey ? [{ fields: model.primaryKey, isPrimary: true }] : [];
    keys = [...primary, ...model.uniques.map(({ fields }) => ({ fields, isPrimary: false }))]
      .filter(({ fields }) => isByRow && isTaggable(model, fields, provider))
      .map((key) => ({ ...key, path: pathTag(model.name, key.fields) }));
    keysByModel.set(model, keys);
  }
  return keys;
}

/** The tag of the row, or rows, that this key finds. `null`: which that is cannot be told. */
export function keyTag(dataModel: DataModel, model: Model, key: Key, valueOf: (field: string) => unknown): Tag | null {
  const values = keyValues(dataModel, model, key.fields, valueOf);
  if (!values) return null;
  if (key.isPrimary) return rowTag(model.name, values);
  return uniqueTag(
    model.name,
    key.fields.map((field, i) => [field, values[i] ?? ""]),
  );
}

/** The name in tags of the links of one row through this relation, an implicit many-to-many. */
export function linkField({ model, field }: Relation): string {
  return `${model}.${field}`;
}

/** The tags whose rotation drops every entry that looks at rows of this model, or of this join table. */
export function tagsOfModel(dataModel: DataModel, name: string): readonly Tag[] {
  const model = dataModel.models.get(name);
  if (!model) return [modelTag(name, "any")];
  let tags = everythingByModel.get(model);
  if (!tags) {
    const paths = [
      ...taggableKeys(dataModel, model).map(({ path }) => path),
      ...trackedFields(dataModel, model).map(({ name }) => pathTag(model.name, [name])),
    ];
    tags = [...new Set([modelTag(model.name, "any"), ...paths])].sort();
    everythingByModel.set(model, tags);
  }
  return tags;
}
