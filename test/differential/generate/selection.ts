import type { Field } from "../../../packages/prisma/src/schema/data-model.js";
import type { Args } from "../operation.js";
import { anyWhere, cursorOf } from "./filters.js";
import type { Scope } from "./scope.js";
import { isOptional, modelOf, type ModelShape } from "./shape.js";

/** An order in which no two rows are equal. */
export function totalOrder(scope: Scope, model: ModelShape): Args[] {
  const { random } = scope;
  const sortable = model.scalars.filter(isSortable);
  const first: Args[] = [];
  if (random.chance(0.3))
    first.push(...random.sample(sortable, 1).map((field) => ({ [field.name]: direction(scope, field) })));
  if (random.chance(0.05)) first.push(...relationOrder(scope, model));
  const used = new Set(first.flatMap((each) => Object.keys(each)));
  return [
    ...first,
    ...model.order.filter((name) => !used.has(name)).map((name) => ({ [name]: random.pick(["asc", "desc"]) })),
  ];
}

function direction({ random, shape }: Scope, field: Field): unknown {
  const sort = random.pick(["asc", "desc"]);
  return field.isNullable && shape.provider !== "mysql" && random.chance(0.4)
    ? { sort, nulls: random.pick(["first", "last"]) }
    : sort;
}

function relationOrder(scope: Scope, model: ModelShape): Args[] {
  const { random, shape } = scope;
  if (model.relations.length === 0) return [];
  const relation = random.pick(model.relations);
  if (relation.kind === "many") return [{ [relation.field]: { _count: random.pick(["asc", "desc"]) } }];
  const fields = modelOf(shape, relation.otherModel).scalars.filter(isSortable);
  return random
    .sample(fields, 1)
    .map((field) => ({ [relation.field]: { [field.name]: random.pick(["asc", "desc"]) } }));
}

export function isSortable({ isList, type, nativeType }: Field): boolean {
  return !isList && type !== "Json" && type !== "Bytes" && nativeType !== "Xml";
}

/** Which rows of an ordered list. */
export function windowOf(scope: Scope, model: ModelShape, share: number): Args {
  const { random } = scope;
  if (!random.chance(share)) return {};
  const window: Args = { take: random.chance(0.15) ? -(1 + random.below(3)) : 1 + random.below(4) };
  if (random.chance(0.3)) window["skip"] = random.below(3);
  if (random.chance(0.2)) window["cursor"] = cursorOf(scope, model);
  return window;
}

/** Columns of the row, at most: `select`, `omit`, or all of them. */
export function columns(scope: Scope, model: ModelShape): Args {
  const { random } = scope;
  const names = model.scalars.map(({ name }) => name);
  switch (random.weighted({ all: 60, select: 28, omit: 12 })) {
    case "select":
      return { select: trueFor(random.sample(names, 1 + random.below(4))) };
    case "omit":
      return names.length > 2 ? { omit: trueFor(random.sample(names, 1 + random.below(2))) } : {};
    default:
      return {};
  }
}

/** Relations beside the columns, up to `depth` deep; at least one where the model has any. */
export function related(scope: Scope, model: ModelShape, depth: number, isOrdered: boolean): Args {
  const { random } = scope;
  const names = model.scalars.map(({ name }) => name);
  const relations = random.sample(model.relations, 1 + (random.chance(0.3) ? 1 : 0));
  if (relations.length === 0) return columns(scope, model);
  const parts: Args = Object.fromEntries(
    relations.map((relation) => {
      const other = modelOf(scope.shape, relation.otherModel);
      if (random.chance(0.4))
        return [relation.field, isOrdered && relation.kind === "many" ? { orderBy: totalOrder(scope, other) } : true];
      const deeper =
        depth > 1 && random.chance(0.35) ? related(scope, other, depth - 1, isOrdered) : columns(scope, other);
      if (relation.kind === "many") return [relation.field, { ...listArguments(scope, other, isOrdered), ...deeper }];
      const mayFilter = relation.holdsForeignKey && isOptional(scope.shape, relation) && random.chance(0.1);
      const args = mayFilter ? { where: anyWhere(scope, other, 0), ...deeper } : deeper;
      return [relation.field, Object.keys(args).length === 0 ? true : args];
    }),
  );
  if (random.chance(0.25)) Object.assign(parts, counts(scope, model));
  if (random.chance(0.3)) return { select: { ...trueFor(random.sample(names, 1 + random.below(3))), ...parts } };
  const omit = random.chance(0.1) && names.length > 2 ? { omit: trueFor(random.sample(names, 1)) } : {};
  return { include: parts, ...omit };
}

function counts(scope: Scope, model: ModelShape): Args {
  const { random, shape } = scope;
  const lists = model.relations.filter(({ kind }) => kind === "many");
  if (lists.length === 0) return {};
  if (random.chance(0.2)) return { _count: true };
  const select = Object.fromEntries(
    random
      .sample(lists, 1 + random.below(2))
      .map(({ field, otherModel }) => [
        field,
        random.chance(0.5) ? true : { where: anyWhere(scope, modelOf(shape, otherModel), 0) },
      ]),
  );
  return { _count: { select } };
}

/** What a list of related rows may be asked with. */
export function listArguments(scope: Scope, model: ModelShape, isOrdered: boolean): Args {
  const { random } = scope;
  return {
    ...(random.chance(0.35) ? { where: anyWhere(scope, model, 1) } : {}),
    ...(isOrdered ? { orderBy: totalOrder(scope, model), ...windowOf(scope, model, 0.25) } : {}),
  };
}

/** What a write returns. */
export function returned(scope: Scope, model: ModelShape): Args {
  const { random } = scope;
  if (random.chance(0.6)) return {};
  return random.chance(0.5) ? columns(scope, model) : related(scope, model, 1, false);
}

export function trueFor(names: readonly string[]): Args {
  return Object.fromEntries(names.map((name) => [name, true]));
}
