import { anyTag, fieldTag, newTag, pathTag, rowTag, uniqueTag, type Tag } from "@evercache/core";
import type { DataModel, Model, Relation } from "./data-model.js";
import { isTaggable, keySpelling, keyValue, keyValues } from "./key-value.js";
import { trackedFields } from "./tracked-fields.js";

/** A key of a model by which tags name rows. */
export interface Key {
  readonly fields: readonly string[];
  readonly isPrimary: boolean;
  readonly path: Tag;
  /** Rows that come to have such a key. */
  readonly added: Tag;
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
      .filter(({ fields }) => !fields.some((name) => model.tracking.exclude.includes(name)))
      // A unique column may have a second index, of another name.
      .filter(({ fields }, i, all) => all.findIndex((other) => other.fields.join() === fields.join()) === i)
      .map((key) => ({ ...key, path: pathTag(model.name, key.fields), added: newTag(model.name, key.fields) }));
    keysByModel.set(model, keys);
  }
  return keys;
}

/** The primary key, if readers may find rows by it. */
export function primaryKey(dataModel: DataModel, model: Model): Key | undefined {
  return taggableKeys(dataModel, model).find(({ isPrimary }) => isPrimary);
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

/**
 * The column that a column of the foreign key references. `null`: that the two are equal in the database does not mean
 * that their values are spelled alike.
 */
export function referencedColumn(dataModel: DataModel, relation: Relation, column: string): string | null {
  const { holdsForeignKey, model, otherModel, fields, references } = relation;
  const [holder, referenced] = holdsForeignKey ? [model, otherModel] : [otherModel, model];
  const name = references[fields.indexOf(column)];
  const here = dataModel.models.get(holder)?.fields.get(column);
  const there = name === undefined ? undefined : dataModel.models.get(referenced)?.fields.get(name);
  if (!here || !there || keySpelling(here, dataModel.provider) !== keySpelling(there, dataModel.provider)) return null;
  return there.name;
}

/** Whether each column of the foreign key tells values apart as the one does that it references. */
export function isSpelledAlike(dataModel: DataModel, relation: Relation): boolean {
  return relation.fields.every((column) => referencedColumn(dataModel, relation, column) !== null);
}

/**
 * In the table of an implicit many-to-many relation, the side of the rows that have this relation field: the links of
 * one of them are named by its primary key.
 */
export function linkField({ model, field }: Relation): string {
  return `${model}.${field}`;
}

/** The path by which the links of the rows that have this relation field are found. */
export function linkPath(relation: Relation): Tag {
  return pathTag(relation.joinModel ?? "", [linkField(relation)]);
}

/** The links of the row with this primary key through this relation field. `null`: which row that is cannot be told. */
export function linkTag(dataModel: DataModel, relation: Relation, key: unknown): Tag | null {
  const model = dataModel.models.get(relation.model);
  const [name, ...others] = model?.primaryKey ?? [];
  const field = name === undefined || others.length > 0 ? undefined : model?.fields.get(name);
  const value = field && keyValue(field, dataModel.provider, key);
  return value === undefined || value === null ? null : fieldTag(relation.joinModel ?? "", linkField(relation), value);
}

/** Each set of columns by which tags name rows: keys, then tracked fields. One may be both. */
export function pathsOf(dataModel: DataModel, model: Model): readonly (readonly string[])[] {
  return [
    ...taggableKeys(dataModel, model).map(({ fields }) => fields),
    ...trackedFields(dataModel, model).map(({ name }) => [name]),
  ];
}

/** The tags whose rotation drops every entry that looks at rows of this model, or of this join table. */
export function tagsOfModel(dataModel: DataModel, name: string): readonly Tag[] {
  const model = dataModel.models.get(name);
  if (!model) return [...new Set([anyTag(name), ...linkPaths(dataModel, name)])].sort();
  let tags = everythingByModel.get(model);
  if (!tags) {
    const paths = pathsOf(dataModel, model).map((fields) => pathTag(model.name, fields));
    tags = [
      ...new Set([anyTag(model.name), ...paths, ...taggableKeys(dataModel, model).map(({ added }) => added)]),
    ].sort();
    everythingByModel.set(model, tags);
  }
  return tags;
}

function linkPaths({ models }: DataModel, joinModel: string): Tag[] {
  const relations = [...models.values()].flatMap((model) => [...model.relations.values()]);
  return relations.filter((relation) => relation.joinModel === joinModel).map((relation) => linkPath(relation));
}
