import type { Field, Relation } from "../../../packages/prisma/src/schema/data-model.js";
import type { Args } from "../operation.js";
import { CHANGES_OF_KEYS } from "../mix.js";
import type { Random } from "../random.js";
import { uniqueWhere } from "./filters.js";
import type { Scope } from "./scope.js";
import { isCounted, isNeeded, isOptional, modelOf, type ModelShape } from "./shape.js";
import { anyValue, elementValue, keyIndex, listValue, newKeyIndex, nullOf, valueAt } from "./values.js";

/** What the row around a nested write gives to it: a relation, with the fields of its foreign key. */
export interface Given {
  readonly relation: string | null;
  readonly fields: ReadonlySet<string>;
}

export const NOTHING_GIVEN: Given = { relation: null, fields: new Set() };

/** The same relation, seen from the row that is nested in it. */
export function givenBy(relation: Relation): Given {
  const isHolder = !relation.holdsForeignKey && relation.joinModel === null;
  return { relation: relation.otherField, fields: new Set(isHolder ? relation.fields : []) };
}

/** A new row, with rows around it up to `depth` deep. */
export function newRow(scope: Scope, model: ModelShape, depth: number, given = NOTHING_GIVEN): Args {
  const { random, shape } = scope;
  const open = openRelations(scope, model, given);
  const owned = open.filter(({ holdsForeignKey }) => holdsForeignKey);
  const isConnected = depth > 0 && owned.length > 0 && random.chance(0.5);
  const data = newScalars(scope, model, given, isConnected ? "connected" : "scalar");
  if (isConnected) {
    for (const relation of owned) {
      if (isOptional(shape, relation) && random.chance(0.5)) continue;
      data[relation.field] = newParent(scope, relation, depth);
    }
  }
  if (depth > 0) {
    const children = open.filter((relation) => !relation.holdsForeignKey);
    for (const relation of random.sample(children, random.chance(0.75) ? 1 : 2)) {
      data[relation.field] = newChildren(scope, relation, depth);
    }
  }
  return data;
}

/**
 * The columns of a new row.
 * @param style `connected`: foreign keys come from relations; then Prisma takes no counted key either
 */
export function newScalars(scope: Scope, model: ModelShape, given: Given, style: "scalar" | "connected"): Args {
  const { random, shape } = scope;
  const data: Args = {};
  for (const field of model.scalars) {
    if (given.fields.has(field.name)) continue;
    if (style === "connected" && (model.foreignKeys.has(field.name) || isCounted(field))) continue;
    const isKey = model.keyFields.has(field.name);
    if (!isNeeded(field) && !random.chance(isKey && !field.isNullable ? 0.65 : 0.4)) continue;
    data[field.name] = newValue(scope, model, field);
  }
  // All or none of a compound foreign key, and of one row.
  for (const relation of model.relations) {
    if (!relation.holdsForeignKey || relation.fields.length < 2) continue;
    const names = relation.fields.filter((name) => name in data);
    const index = newKeyIndex(random) % 8;
    for (const name of names) data[name] = valueAt(shape, model, model.model.fields.get(name) as Field, index);
  }
  return data;
}

function newValue(scope: Scope, model: ModelShape, field: Field): unknown {
  const { shape, random } = scope;
  if (field.isList) return listValue(shape, model, field, random);
  const isReference = model.foreignKeys.has(field.name);
  if (model.keyFields.has(field.name) && !isReference) return valueAt(shape, model, field, newKeyIndex(random));
  return anyValue(scope, model, field);
}

function newParent(scope: Scope, relation: Relation, depth: number): Args {
  const { random } = scope;
  const other = modelOf(scope.shape, relation.otherModel);
  const form = other.canCreate ? random.weighted({ connect: 60, create: 22, connectOrCreate: 18 }) : "connect";
  if (form === "connect") return { connect: uniqueWhere(scope, other) };
  const row = newRow(scope, other, depth - 1, givenBy(relation));
  return form === "create" ? { create: row } : { connectOrCreate: { where: uniqueWhere(scope, other), create: row } };
}

function newChildren(scope: Scope, relation: Relation, depth: number): Args {
  const { random } = scope;
  const other = modelOf(scope.shape, relation.otherModel);
  const given = givenBy(relation);
  const isMany = relation.kind === "many";
  const row = () => newRow(scope, other, depth - 1, given);
  const canList = isMany && relation.joinModel === null;
  const form = other.canCreate
    ? random.weighted({ create: 40, connect: 30, connectOrCreate: 15, createMany: canList ? 15 : 0 })
    : "connect";
  switch (form) {
    case "create":
      return { create: isMany && random.chance(0.4) ? [row(), row()] : row() };
    case "createMany":
      return { createMany: manyRows(scope, other, given) };
    case "connectOrCreate":
      return { connectOrCreate: { where: uniqueWhere(scope, other), create: row() } };
    default:
      return {
        connect:
          isMany && random.chance(0.3)
            ? [uniqueWhere(scope, other), uniqueWhere(scope, other)]
            : uniqueWhere(scope, other),
      };
  }
}

/** The arguments of `createMany`. */
export function manyRows(scope: Scope, model: ModelShape, given = NOTHING_GIVEN): Args {
  const { random, shape } = scope;
  const row = () => newScalars(scope, model, given, "scalar");
  const data = Array.from({ length: 1 + random.below(3) }, row);
  return shape.provider !== "sqlite" && random.chance(0.4) ? { data, skipDuplicates: true } : { data };
}

/** Changes of a row's own columns. */
export function changedScalars(
  scope: Scope,
  model: ModelShape,
  given = NOTHING_GIVEN,
  style: "scalar" | "connected" = "scalar",
): Args {
  const { random } = scope;
  const open = model.scalars.filter(
    ({ name, ...field }) =>
      !given.fields.has(name) &&
      !(style === "connected" && (model.foreignKeys.has(name) || isCounted({ name, ...field }))),
  );
  const weightOf = ({ name }: Field) => {
    if (model.model.primaryKey?.includes(name)) return CHANGES_OF_KEYS.primaryKey;
    if (model.keyFields.has(name)) return CHANGES_OF_KEYS.otherKey;
    return model.foreignKeys.has(name) ? CHANGES_OF_KEYS.foreignKey : 1;
  };
  const likely = open.filter((field) => random.chance(weightOf(field)));
  const others = open.filter(({ name }) => !model.model.primaryKey?.includes(name));
  const [chosen = []] = [likely, others, open].filter(({ length }) => length > 0);
  const fields = random.sample(chosen, 1 + random.below(2));
  const data: Args = Object.fromEntries(fields.map((field) => [field.name, changedValue(scope, model, field)]));
  if (random.chance(0.8)) moveTogether(scope, model, data, new Set(open.map(({ name }) => name)));
  return data;
}

/** A compound foreign key that changes goes to another row as a whole. */
function moveTogether(scope: Scope, model: ModelShape, data: Args, open: ReadonlySet<string>): void {
  for (const { holdsForeignKey, fields } of model.relations) {
    if (!holdsForeignKey || fields.length < 2 || !fields.some((name) => name in data)) continue;
    const index = keyIndex(scope);
    for (const name of fields.filter((each) => open.has(each))) {
      data[name] = valueAt(scope.shape, model, model.model.fields.get(name) as Field, index);
    }
  }
}

const COUNTING: ReadonlySet<string> = new Set(["Int", "BigInt", "Float", "Decimal"]);

function changedValue(scope: Scope, model: ModelShape, field: Field): unknown {
  const { random, shape } = scope;
  const value = () => newValue(scope, model, field);
  const element = () => elementValue(shape, model, field, random);
  if (field.isList)
    return random.pick([{ push: element() }, { push: [element(), element()] }, { set: value() }, value()]);
  const isReference = model.keyFields.has(field.name) || model.foreignKeys.has(field.name);
  if (field.kind === "scalar" && COUNTING.has(field.type) && random.chance(isReference ? 0.1 : 0.4)) {
    return { [random.pick(["increment", "decrement", "multiply"])]: numberOf(field, random) };
  }
  if (field.isNullable && random.chance(0.15)) return nullOf(field);
  return field.type !== "Json" && random.chance(0.15) ? { set: value() } : value();
}

function numberOf({ type }: Field, random: Random): unknown {
  const number = 1 + random.below(2);
  return type === "BigInt" ? BigInt(number) : type === "Decimal" ? `${number}` : number;
}

/** The relations that a nested write may name: those into what the history is about. */
export function openRelations({ focus }: Scope, model: ModelShape, given: Given): Relation[] {
  const needed = (relation: Relation) =>
    relation.holdsForeignKey && relation.fields.some((name) => !model.model.fields.get(name)?.isNullable);
  return model.relations.filter(
    (relation) => relation.field !== given.relation && (focus.has(relation.otherModel) || needed(relation)),
  );
}
