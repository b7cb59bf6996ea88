import { AnyNull, DbNull, JsonNull } from "@prisma/client/runtime/client";
import type { Field } from "../../../packages/prisma/src/schema/data-model.js";
import type { Args } from "../operation.js";
import type { Scope } from "./scope.js";
import { isOptional, modelOf, type Key, type ModelShape } from "./shape.js";
import { keyIndex, listValue, valueAt } from "./values.js";

/** Names one row, by any key, now and then with a condition beside it. */
export function uniqueWhere(scope: Scope, model: ModelShape, key = keyOf(scope, model)): Args {
  const { random } = scope;
  const selector = selectorOf(key, keyValues(scope, model, key));
  if (random.chance(0.94)) return selector;
  // A field that is a key by itself takes no condition here.
  const alone = new Set(model.keys.filter(({ fields }) => fields.length === 1).flatMap(({ fields }) => fields));
  const others = model.scalars.filter(({ name }) => !alone.has(name) && !key.fields.includes(name));
  return others.length === 0 ? selector : { ...selector, ...fieldFilter(scope, model, random.pick(others)) };
}

export function keyOf({ random, byPrimaryKey }: Scope, { keys }: ModelShape): Key {
  return random.chance(byPrimaryKey) ? (keys[0] as Key) : random.pick(keys);
}

/** Names one row by nothing but a key. */
export function cursorOf(scope: Scope, model: ModelShape): Args {
  const key = keyOf(scope, model);
  return selectorOf(key, keyValues(scope, model, key));
}

export function selectorOf(key: Key, values: Args): Args {
  return key.fields.length === 1 ? values : { [key.selector]: values };
}

/** Rows are seeded with the same place of each domain, so a compound key mostly has the same place, too. */
export function keyValues(scope: Scope, model: ModelShape, key: Key): Args {
  const { shape, random } = scope;
  const same = keyIndex(scope);
  return Object.fromEntries(
    key.fields.map((name) => {
      const index = random.chance(0.96) ? same : keyIndex(scope);
      return [name, valueAt(shape, model, model.model.fields.get(name) as Field, index)];
    }),
  );
}

/** Fields by whose value an application asks for lists. */
export function listFields(model: ModelShape): Field[] {
  return model.scalars.filter(
    ({ name, kind, type, isList }) => !isList && (model.foreignKeys.has(name) || kind === "enum" || type === "Boolean"),
  );
}

/** An equality on one of these. */
export function equalityWhere(scope: Scope, model: ModelShape): Args | null {
  const { shape, random } = scope;
  const fields = listFields(model);
  if (fields.length === 0) return null;
  const [relation] = random.sample(
    model.relations.filter(({ holdsForeignKey }) => holdsForeignKey),
    1,
  );
  const names = relation && random.chance(0.6) ? relation.fields : [random.pick(fields).name];
  const index = keyIndex(scope);
  return Object.fromEntries(
    names.map((name) => {
      const field = model.model.fields.get(name) as Field;
      if (field.isNullable && random.chance(0.08)) return [name, null];
      const value = valueAt(shape, model, field, index);
      switch (random.weighted({ plain: 80, equals: 10, in: 10 })) {
        case "equals":
          return [name, { equals: value }];
        case "in":
          if (field.type === "Boolean") return [name, value];
          return [name, { in: [value, valueAt(shape, model, field, keyIndex(scope))] }];
        default:
          return [name, value];
      }
    }),
  );
}

/** A filter of any shape. */
export function anyWhere(scope: Scope, model: ModelShape, depth = 2): Args {
  const { random } = scope;
  const part = () => partOf(scope, model, depth);
  switch (random.weighted({ one: 50, two: 20, and: 8, or: 12, not: 10 })) {
    case "two":
      return { ...part(), ...part() };
    case "and":
      return { AND: [part(), part()] };
    case "or":
      return { OR: [part(), part()] };
    case "not":
      return { NOT: random.chance(0.5) ? part() : [part(), part()] };
    default:
      return part();
  }
}

/** A filter that follows no relation. */
export function scalarWhere(scope: Scope, model: ModelShape): Args {
  const { random } = scope;
  const equality = random.chance(0.4) ? equalityWhere(scope, model) : null;
  return equality ?? fieldFilter(scope, model, random.pick(model.scalars));
}

/** A filter that follows one. */
export function relationWhere(scope: Scope, model: ModelShape, depth = 2): Args | null {
  const { random, shape } = scope;
  if (model.relations.length === 0) return null;
  const relation = random.pick(model.relations);
  const inner = (): Args =>
    random.chance(0.15) ? {} : anyWhere(scope, modelOf(shape, relation.otherModel), depth - 1);
  if (relation.kind === "many") return { [relation.field]: { [random.pick(["some", "every", "none"])]: inner() } };
  const mayBeNull = !relation.holdsForeignKey || isOptional(shape, relation);
  if (mayBeNull && random.chance(0.25)) return { [relation.field]: random.pick([null, { is: null }, { isNot: null }]) };
  return { [relation.field]: random.chance(0.3) ? inner() : { [random.pick(["is", "isNot"])]: inner() } };
}

function partOf(scope: Scope, model: ModelShape, depth: number): Args {
  const { random } = scope;
  if (depth > 0 && random.chance(0.15)) {
    const nested = relationWhere(scope, model, depth);
    if (nested) return nested;
  }
  if (depth > 0 && random.chance(0.1)) return anyWhere(scope, model, depth - 1);
  return scalarWhere(scope, model);
}

export function fieldFilter(scope: Scope, model: ModelShape, field: Field): Args {
  return { [field.name]: field.isList ? listFilter(scope, model, field) : scalarFilter(scope, model, field) };
}

function listFilter({ shape, random }: Scope, model: ModelShape, field: Field): unknown {
  const value = () => valueAt(shape, model, field, random.below(5));
  if (field.type === "Json") return { isEmpty: random.chance(0.5) };
  switch (random.weighted({ has: 4, hasSome: 2, hasEvery: 2, isEmpty: 2, equals: 1 })) {
    case "has":
      return { has: value() };
    case "hasSome":
      return { hasSome: [value(), value()] };
    case "hasEvery":
      return { hasEvery: [value()] };
    case "isEmpty":
      return { isEmpty: random.chance(0.5) };
    default:
      return { equals: listValue(shape, model, field, random) };
  }
}

/** Types of PostgreSQL that are compared, and searched for no part. */
const WHOLE: ReadonlySet<string> = new Set(["Uuid", "Inet", "Xml", "Bit", "VarBit"]);

function scalarFilter(scope: Scope, model: ModelShape, field: Field): unknown {
  const { shape, random } = scope;
  const isReference = model.keyFields.has(field.name) || model.foreignKeys.has(field.name);
  const value = () => valueAt(shape, model, field, isReference ? keyIndex(scope) : random.below(5));
  if (field.type === "Json") return jsonFilter(scope, field, value);
  if (field.isNullable && random.chance(0.12)) return random.pick([null, { not: null }, { equals: null }]);
  if (field.nativeType === "Xml") return { not: value() };
  if (field.type === "Boolean") return random.pick([value(), { equals: value() }, { not: value() }]);
  const same = ["plain", "equals", "in", "notIn", "not"] as const;
  const ranged = ["lt", "lte", "gt", "gte", "between"] as const;
  const isRanged = field.kind !== "enum" && field.type !== "Bytes";
  const isSearched = field.type === "String" && field.kind === "scalar" && !WHOLE.has(field.nativeType ?? "");
  const form = random.pick([
    ...same,
    ...(isRanged ? ranged : []),
    ...(isSearched ? (["contains", "startsWith", "endsWith"] as const) : []),
  ]);
  switch (form) {
    case "plain":
      return value();
    case "in":
    case "notIn":
      return { [form]: Array.from({ length: 1 + random.below(3) }, value) };
    case "between":
      return { gte: value(), lt: value() };
    case "contains":
    case "startsWith":
    case "endsWith": {
      const search = { [form]: random.pick(["a", "k", "1", "b", "%"]) };
      return shape.provider === "postgresql" && random.chance(0.3) ? { ...search, mode: "insensitive" } : search;
    }
    default:
      return { [form]: value() };
  }
}

function jsonFilter({ random, shape }: Scope, field: Field, value: () => unknown): unknown {
  if (random.chance(0.3) && shape.provider !== "sqlite") {
    return { path: shape.provider === "postgresql" ? ["a"] : "$.a", equals: 1 + random.below(2) };
  }
  if (field.isNullable && random.chance(0.3))
    return { [random.pick(["equals", "not"])]: random.pick([DbNull, JsonNull, AnyNull]) };
  return { [random.pick(["equals", "not"])]: value() };
}
