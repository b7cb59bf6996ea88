import { keySpelling } from "../../../packages/prisma/src/schema/key-value.js";
import { OTHER_READ_MIX, READ_MIX } from "../mix.js";
import type { Args, Form, Read, Step } from "../operation.js";
import { anyWhere, cursorOf, equalityWhere, fieldFilter, relationWhere, uniqueWhere } from "./filters.js";
import { spell } from "../print/spell.js";
import type { Scope } from "./scope.js";
import { columns, isSortable, listArguments, related, totalOrder, trueFor, windowOf } from "./selection.js";
import { modelOf, type ModelShape } from "./shape.js";
import { FOLDED } from "./values.js";

export function makeRead(scope: Scope): Read {
  const model = scope.random.pick([...scope.focus.values()]);
  switch (scope.random.weighted(READ_MIX)) {
    case "key":
      return byKey(scope, model);
    case "list":
      return byValue(scope, model);
    case "relations":
      return withRelations(scope, model);
    default:
      return other(scope, model);
  }
}

function read(
  model: ModelShape,
  operation: string,
  args: Args,
  form: Form,
  isOrdered = true,
  path: readonly Step[] = [],
): Read {
  return { model: model.name, operation, args, path, form, isOrdered };
}

function byKey(scope: Scope, model: ModelShape): Read {
  const { random } = scope;
  const key = random.pick(model.keys);
  const operation = random.weighted({ findUnique: 88, findUniqueOrThrow: 12 });
  const found = single(scope, model, operation, uniqueWhere(scope, model, key));
  const args = { ...found.args, ...columns(scope, model) };
  return read(model, found.operation, args, key.isPrimary ? "primary key" : "unique key");
}

function byValue(scope: Scope, model: ModelShape): Read {
  const { random } = scope;
  const equality = equalityWhere(scope, model);
  if (!equality) return byKey(scope, model);
  const name = Object.keys(equality);
  const more = model.scalars.filter((field) => !name.includes(field.name));
  const where =
    random.chance(0.25) && more.length > 0
      ? { ...equality, ...fieldFilter(scope, model, random.pick(more)) }
      : equality;
  switch (random.weighted({ findMany: 72, findFirst: 6, count: 12, aggregate: 6, groupBy: 4 })) {
    case "count":
      return read(model, "count", { where }, "list by value");
    case "aggregate":
      return read(model, "aggregate", { where, ...aggregates(scope, model) }, "list by value");
    case "groupBy":
      return { ...groupBy(scope, model, where), form: "list by value" };
    case "findFirst":
      return read(
        model,
        "findFirst",
        { where, orderBy: totalOrder(scope, model), ...columns(scope, model) },
        "list by value",
      );
    default: {
      const isOrdered = random.chance(0.7);
      const order = isOrdered ? { orderBy: totalOrder(scope, model), ...windowOf(scope, model, 0.15) } : {};
      return read(model, "findMany", { where, ...order, ...columns(scope, model) }, "list by value", isOrdered);
    }
  }
}

/** The whole rows that have a value, in an order that leaves nothing open: what writes leave of lists. None where no value names rows. */
export function wholeList(scope: Scope, model: ModelShape): Read[] {
  const where = equalityWhere(scope, model);
  return where ? [read(model, "findMany", { where, orderBy: totalOrder(scope, model) }, "list by value")] : [];
}

function withRelations(scope: Scope, model: ModelShape): Read {
  const { random } = scope;
  const isOrdered = random.chance(0.8);
  const operation = random.weighted({ findUnique: 84, findUniqueOrThrow: 8, findFirst: 8 });
  const found = single(scope, model, operation, uniqueWhere(scope, model));
  const args = { ...found.args, ...related(scope, model, 3, isOrdered) };
  return read(model, found.operation, args, "row with relations", isOrdered);
}

/**
 * Prisma sends several `findUnique` of one tick as one query, and tells its rows apart by the exact text of their keys.
 * Where the database takes "K1" for "k1", or pads what it stores, the answer then depends on what else is asked for, cache or not.
 */
function single(scope: Scope, model: ModelShape, operation: string, where: Args): { operation: string; args: Args } {
  const { provider } = scope.shape;
  const flat = flattened(model, where);
  const isFolded = Object.keys(flat).some((name) => {
    const field = model.model.fields.get(name);
    return field !== undefined && keySpelling(field, provider) === "folded";
  });
  const isUnsure = isFolded && (provider !== "mysql" || spell(where).includes(`"${FOLDED}"`));
  if (operation !== "findFirst" && !isUnsure) return { operation, args: { where } };
  const args = { where: flat, orderBy: totalOrder(scope, model) };
  return { operation: operation.endsWith("OrThrow") ? "findFirstOrThrow" : "findFirst", args };
}

/** A compound key is no filter of its own outside of `findUnique`. */
function flattened({ keys }: ModelShape, where: Args): Args {
  const compound = new Set(keys.filter(({ fields }) => fields.length > 1).map(({ selector }) => selector));
  return Object.assign(
    {},
    ...Object.entries(where).map(([name, value]) => (compound.has(name) ? value : { [name]: value })),
  ) as Args;
}

function other(scope: Scope, model: ModelShape): Read {
  const { random } = scope;
  const form = "other";
  switch (random.weighted(OTHER_READ_MIX)) {
    case "findFirst": {
      const operation = random.weighted({ findFirst: 80, findFirstOrThrow: 20 });
      const args = { where: anyWhere(scope, model), orderBy: totalOrder(scope, model), ...columns(scope, model) };
      return read(model, operation, args, form);
    }
    case "relationFilter": {
      const where = relationWhere(scope, model) ?? anyWhere(scope, model);
      if (random.chance(0.3)) return read(model, "count", { where }, form);
      return read(model, "findMany", { where, orderBy: totalOrder(scope, model), ...columns(scope, model) }, form);
    }
    case "listWithRelations": {
      const isOrdered = random.chance(0.7);
      const args = { ...listArguments(scope, model, isOrdered), ...related(scope, model, 2, isOrdered) };
      return read(model, "findMany", args, form, isOrdered);
    }
    case "page": {
      const cursor = random.chance(0.6) ? { cursor: cursorOf(scope, model) } : {};
      const distinct = random.chance(0.4)
        ? { distinct: random.sample(model.scalars.filter(isSortable), 1).map(({ name }) => name) }
        : {};
      const window = { ...windowOf(scope, model, 0.7), ...cursor, ...distinct };
      const where = random.chance(0.5) ? { where: anyWhere(scope, model, 1) } : {};
      return read(
        model,
        "findMany",
        { ...where, orderBy: totalOrder(scope, model), ...window, ...columns(scope, model) },
        form,
      );
    }
    case "count": {
      const where = random.chance(0.8) ? { where: anyWhere(scope, model) } : {};
      const select = random.chance(0.3)
        ? { select: { _all: true, ...trueFor(random.sample(countable(model), 1)) } }
        : {};
      return read(model, "count", { ...where, ...select }, form);
    }
    case "aggregate": {
      const where = random.chance(0.6) ? { where: anyWhere(scope, model, 1) } : {};
      return read(model, "aggregate", { ...where, ...aggregates(scope, model) }, form);
    }
    case "groupBy":
      return groupBy(scope, model, random.chance(0.5) ? anyWhere(scope, model, 1) : {});
    case "fluent":
      return fluent(scope, model);
    default: {
      const isOrdered = random.chance(0.7);
      const where = random.chance(0.85) ? { where: anyWhere(scope, model) } : {};
      const order = isOrdered ? { orderBy: totalOrder(scope, model), ...windowOf(scope, model, 0.25) } : {};
      return read(model, "findMany", { ...where, ...order, ...columns(scope, model) }, form, isOrdered);
    }
  }
}

const SUMMED: ReadonlySet<string> = new Set(["Int", "BigInt", "Float", "Decimal"]);

function countable(model: ModelShape): string[] {
  return model.scalars.filter(({ isList, type }) => !isList && type !== "Json").map(({ name }) => name);
}

function aggregates(scope: Scope, model: ModelShape): Args {
  const { random, shape } = scope;
  const numbers = model.scalars.filter(({ type, isList, kind }) => SUMMED.has(type) && !isList && kind === "scalar");
  // Of texts that are equal but for their case, a database may choose the least.
  const compared = model.scalars.filter(
    (field) =>
      isSortable(field) &&
      field.kind === "scalar" &&
      field.type !== "Boolean" &&
      (field.type !== "String" || (shape.provider === "sqlite" && field.nativeType === null)),
  );
  const parts: Args = { _count: random.chance(0.5) ? true : { _all: true } };
  if (numbers.length > 0)
    parts[random.pick(["_sum", "_avg"])] = trueFor(random.sample(numbers, 2).map(({ name }) => name));
  if (compared.length > 0)
    parts[random.pick(["_min", "_max"])] = trueFor(random.sample(compared, 2).map(({ name }) => name));
  return parts;
}

function groupBy(scope: Scope, model: ModelShape, where: Args): Read {
  const { random } = scope;
  const groups = model.scalars.filter(
    (field) => isSortable(field) && (field.kind === "enum" || field.type === "Boolean" || field.type === "Int"),
  );
  const fields = random.sample(
    groups.length > 0 ? groups : model.scalars.filter(({ name }) => model.order.includes(name)),
    2,
  );
  const by = fields.map(({ name }) => name);
  const { _count: _, ...others } = aggregates(scope, model);
  const having = random.chance(0.2) ? { having: { [by[0] as string]: { _count: { gt: 1 } } } } : {};
  const args = {
    by,
    where,
    orderBy: by.map((name) => ({ [name]: random.pick(["asc", "desc"]) })),
    ...having,
    _count: { _all: true },
    ...others,
  };
  return read(model, "groupBy", args, "other");
}

function fluent(scope: Scope, model: ModelShape): Read {
  const { random, shape } = scope;
  if (model.relations.length === 0) return byKey(scope, model);
  const form = random.weighted({ findUnique: 80, findUniqueOrThrow: 10, findFirst: 10 });
  const { operation, args } = single(scope, model, form, uniqueWhere(scope, model));
  const path: Step[] = [];
  for (let at = model; path.length < 2 && at.relations.length > 0;) {
    const relation = random.pick(at.relations);
    const next = modelOf(shape, relation.otherModel);
    const isLast = relation.kind === "many" || path.length === 1 || random.chance(0.6);
    if (relation.kind === "many")
      path.push({ field: relation.field, args: { ...listArguments(scope, next, true), ...columns(scope, next) } });
    else path.push({ field: relation.field, args: isLast ? columns(scope, next) : {} });
    if (isLast) break;
    at = next;
  }
  return read(model, operation, args, "other", true, path);
}
