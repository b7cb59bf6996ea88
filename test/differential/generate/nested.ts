import type { Relation } from "../../../packages/prisma/src/schema/data-model.js";
import type { Args } from "../operation.js";
import { changedScalars, givenBy, manyRows, newRow, NOTHING_GIVEN, openRelations, type Given } from "./data.js";
import { scalarWhere, uniqueWhere } from "./filters.js";
import type { Scope } from "./scope.js";
import { isOptional, modelOf, type ModelShape } from "./shape.js";

/** Changes of a row and of rows around it, up to `depth` deep. */
export function changedRow(scope: Scope, model: ModelShape, depth: number, given: Given = NOTHING_GIVEN): Args {
  const { random } = scope;
  if (depth === 0) return changedScalars(scope, model, given);
  const open = openRelations(scope, model, given);
  if (open.length === 0) return changedScalars(scope, model, given);
  const chosen = random.sample(open, random.chance(0.8) ? 1 : 2);
  const isConnected = chosen.some(({ holdsForeignKey }) => holdsForeignKey);
  const own = random.chance(0.4) ? changedScalars(scope, model, given, isConnected ? "connected" : "scalar") : {};
  return {
    ...own,
    ...Object.fromEntries(chosen.map((relation) => [relation.field, changedRelation(scope, relation, depth)])),
  };
}

function changedRelation(scope: Scope, relation: Relation, depth: number): Args {
  return relation.kind === "many" ? changedList(scope, relation, depth) : changedOne(scope, relation, depth);
}

function changedList(scope: Scope, relation: Relation, depth: number): Args {
  const { random, shape } = scope;
  const other = modelOf(shape, relation.otherModel);
  const given = givenBy(relation);
  const one = () => uniqueWhere(scope, other);
  const some = () => (random.chance(0.3) ? [one(), one()] : one());
  const mayLeave = isOptional(shape, relation);
  const canCreate = other.canCreate;
  const form = random.weighted({
    create: canCreate ? 14 : 0,
    createMany: canCreate && relation.joinModel === null ? 7 : 0,
    connect: 14,
    connectOrCreate: canCreate ? 8 : 0,
    disconnect: mayLeave ? 12 : 1,
    set: mayLeave ? 9 : 1,
    update: 14,
    upsert: canCreate ? 8 : 0,
    updateMany: 9,
    delete: 8,
    deleteMany: 6,
  });
  switch (form) {
    case "create":
      return { create: newRow(scope, other, depth - 1, given) };
    case "createMany":
      return { createMany: manyRows(scope, other, given) };
    case "connectOrCreate":
      return { connectOrCreate: { where: one(), create: newRow(scope, other, depth - 1, given) } };
    case "set":
      return { set: random.sample([one(), one(), one()], random.below(4)) };
    case "update":
      return { update: { where: one(), data: changedRow(scope, other, depth - 1, given) } };
    case "upsert":
      return {
        upsert: {
          where: one(),
          create: newRow(scope, other, depth - 1, given),
          update: changedRow(scope, other, depth - 1, given),
        },
      };
    case "updateMany":
      return { updateMany: { where: scalarWhere(scope, other), data: changedScalars(scope, other, given) } };
    case "deleteMany":
      return { deleteMany: scalarWhere(scope, other) };
    default:
      return { [form]: some() };
  }
}

function changedOne(scope: Scope, relation: Relation, depth: number): Args {
  const { random, shape } = scope;
  const other = modelOf(shape, relation.otherModel);
  const given = givenBy(relation);
  const row = () => newRow(scope, other, depth - 1, given);
  const change = () => changedRow(scope, other, depth - 1, given);
  // Of a pair, the side without the foreign key may always be alone.
  const mayLeave = !relation.holdsForeignKey || isOptional(shape, relation);
  const leaves = mayLeave ? (isOptional(shape, relation) ? 14 : 2) : 0;
  const canCreate = other.canCreate;
  const form = random.weighted({
    create: canCreate ? 14 : 0,
    connect: 24,
    connectOrCreate: canCreate ? 10 : 0,
    disconnect: leaves,
    update: 22,
    upsert: canCreate ? 10 : 0,
    delete: mayLeave ? 7 : 0,
  });
  switch (form) {
    case "create":
      return { create: row() };
    case "connect":
      return { connect: uniqueWhere(scope, other) };
    case "connectOrCreate":
      return { connectOrCreate: { where: uniqueWhere(scope, other), create: row() } };
    case "update":
      return { update: random.chance(0.3) ? { where: scalarWhere(scope, other), data: change() } : change() };
    case "upsert":
      return { upsert: { create: row(), update: change() } };
    default:
      return { [form]: random.chance(0.8) ? true : scalarWhere(scope, other) };
  }
}
