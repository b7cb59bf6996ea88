import type { DataModel, Field, Model, Relation } from "../../../packages/prisma/src/schema/data-model.js";
import type { Provider } from "../../setup/schema/variants.js";

/** A way to name one row. */
export interface Key {
  /** Its name in `where`. */
  readonly selector: string;
  readonly fields: readonly string[];
  readonly isPrimary: boolean;
}

/** A model, as far as queries can name it. */
export interface ModelShape {
  readonly name: string;
  readonly model: Model;
  /** Columns that are no relation. */
  readonly scalars: readonly Field[];
  readonly relations: readonly Relation[];
  readonly keys: readonly Key[];
  /** Fields that no two rows have alike, and that are never null. */
  readonly order: readonly string[];
  /** Fields of its foreign keys. */
  readonly foreignKeys: ReadonlySet<string>;
  readonly keyFields: ReadonlySet<string>;
  /** Models without which no row of this one can be made. */
  readonly parents: readonly string[];
  readonly canCreate: boolean;
}

export interface Shape {
  readonly provider: Provider;
  readonly dataModel: DataModel;
  readonly models: ReadonlyMap<string, ModelShape>;
}

/** Names that queries know: what a schema ignores is not among them. */
export type Visible = (model: string, field: string) => boolean;

const KNOWN_TYPES: ReadonlySet<string> = new Set([
  "String",
  "Boolean",
  "Int",
  "BigInt",
  "Float",
  "Decimal",
  "DateTime",
  "Bytes",
  "Json",
]);

export function shapeOf(dataModel: DataModel, provider: Provider, isVisible: Visible): Shape {
  const models = new Map<string, ModelShape>();
  for (const model of dataModel.models.values()) {
    const shape = modelShape(model, isVisible);
    if (shape) models.set(model.name, shape);
  }
  // A relation leads somewhere that queries can name.
  for (const [name, shape] of models) {
    models.set(name, { ...shape, relations: shape.relations.filter(({ otherModel }) => models.has(otherModel)) });
  }
  return { provider, dataModel, models };
}

export function modelOf({ models }: Shape, name: string): ModelShape {
  const model = models.get(name);
  if (!model) throw new Error(`no model ${name}`);
  return model;
}

/** The database counts it up. */
export function isCounted(field: Field): boolean {
  return !field.isList && field.defaultValue === undefined && (field.type === "Int" || field.type === "BigInt");
}

/** A new row needs a value for it. */
export function isNeeded(field: Field): boolean {
  return !field.isNullable && !field.isList && field.defaultValue === null && !field.isComputed;
}

/** The fields of its foreign key may be without a value. */
export function isOptional({ models }: Shape, relation: Relation): boolean {
  if (relation.joinModel !== null) return true;
  const holder = models.get(relation.holdsForeignKey ? relation.model : relation.otherModel);
  return relation.fields.every((name) => holder?.model.fields.get(name)?.isNullable === true);
}

function modelShape(model: Model, isVisible: Visible): ModelShape | null {
  if (model.isView) return null;
  const fields = [...model.fields.values()].filter(({ name }) => isVisible(model.name, name));
  const isWritable = (field: Field) =>
    (field.kind === "scalar" && KNOWN_TYPES.has(field.type)) || (field.kind === "enum" && field.enumValues.size > 0);
  const scalars = fields.filter(isWritable);
  const names = new Set(scalars.map(({ name }) => name));
  const keys = keysOf(model).filter((key) => key.fields.every((name) => names.has(name)));
  const total = keys.find((key) => key.fields.every((name) => model.fields.get(name)?.isNullable === false));
  if (!total) return null;
  const relations = [...model.relations.values()].filter(({ field }) => isVisible(model.name, field));
  const owned = [...model.relations.values()].filter(({ holdsForeignKey }) => holdsForeignKey);
  return {
    name: model.name,
    model,
    scalars,
    relations,
    keys,
    order: total.fields,
    foreignKeys: new Set(owned.flatMap((relation) => relation.fields)),
    keyFields: new Set(keys.flatMap((key) => key.fields)),
    parents: owned
      .filter((relation) => relation.fields.some((name) => model.fields.get(name)?.isNullable === false))
      .map(({ otherModel }) => otherModel),
    canCreate: [...model.fields.values()].every(
      (field) => field.kind === "relation" || !isNeeded(field) || names.has(field.name),
    ),
  };
}

function keysOf({ primaryKey, uniques, selectors }: Model): Key[] {
  const primary = primaryKey ?? [];
  const named = [...selectors].find(([, fields]) => fields.join() === primary.join());
  const first = primary.length === 1 ? primary[0] : named?.[0];
  return [
    ...(first === undefined ? [] : [{ selector: first, fields: primary, isPrimary: true }]),
    ...uniques.map(({ selector, fields }) => ({ selector, fields, isPrimary: false })),
  ];
}
