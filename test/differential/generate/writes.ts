import {
  TRANSACTION_MIX,
  WRITE_MIX,
  WRITES_BY_PRIMARY_KEY as BY_PRIMARY_KEY,
  REACH_OF_WRITES as REACH,
} from "../mix.js";
import type { Args, Interactive, ModelWrite, Statement, Step, Write } from "../operation.js";
import { changedScalars, manyRows, newRow, newScalars, NOTHING_GIVEN } from "./data.js";
import { anyWhere, scalarWhere, selectorOf, keyValues, uniqueWhere } from "./filters.js";
import { changedRow } from "./nested.js";
import { rawStatement } from "./raw.js";
import { makeRead } from "./reads.js";
import type { Scope } from "./scope.js";
import { columns, returned } from "./selection.js";
import { modelOf, type ModelShape } from "./shape.js";

export function makeWrite({ shape, random, focus }: Scope): Write {
  const scope: Scope = { shape, random, focus, reach: REACH, byPrimaryKey: BY_PRIMARY_KEY };
  const form = random.weighted(WRITE_MIX);
  return form === "transaction" ? transaction(scope) : statement(scope, form);
}

function transaction(scope: Scope): Write {
  const { random } = scope;
  const steps = (count = 1 + random.below(3)): Interactive["steps"] =>
    Array.from({ length: count }, () =>
      random.chance(0.2) ? { kind: "read" as const, read: makeRead(scope) } : anyStatement(scope),
    );
  const interactive = (
    parts: Interactive["steps"],
    end: Interactive["end"] = "commit",
    catches = false,
  ): Interactive => ({
    kind: "interactive",
    steps: parts,
    end,
    catches,
  });
  const failing = () => duplicate(scope) ?? anyStatement(scope);
  switch (random.weighted(TRANSACTION_MIX)) {
    case "rollsBack":
      return interactive(steps(), "roll back");
    case "failsInside":
      return interactive([...steps(), failing(), ...steps(1)]);
    case "catches":
      return interactive([...steps(), failing(), ...steps(1)], "commit", true);
    case "nests": {
      const inner = interactive(steps(2), random.pick(["commit", "roll back"]));
      return interactive([...steps(1), inner, ...steps(1)], random.chance(0.8) ? "commit" : "roll back", true);
    }
    case "batchCommits":
      return { kind: "batch", members: Array.from({ length: 1 + random.below(3) }, () => anyStatement(scope)) };
    case "batchFails":
      return { kind: "batch", members: [anyStatement(scope), failing()] };
    default:
      return interactive(steps());
  }
}

function anyStatement(scope: Scope): Statement {
  const { transaction: _, ...mix } = WRITE_MIX;
  return statement(scope, scope.random.weighted(mix));
}

/** Takes the key of a row that is mostly there. */
function duplicate(scope: Scope): Statement | null {
  const model = scope.random.pick([...scope.focus.values()]);
  const key = scope.random.pick(model.keys);
  if (!model.canCreate) return null;
  const data = { ...newScalars(scope, model, NOTHING_GIVEN, "scalar"), ...keyValues(scope, model, key) };
  return write(model, "create", { data });
}

function statement(scope: Scope, form: Exclude<keyof typeof WRITE_MIX, "transaction">): Statement {
  const { random } = scope;
  const all = [...scope.focus.values()];
  const creatable = all.filter(({ canCreate }) => canCreate);
  const model = random.pick(all);
  const created = creatable.length > 0 ? random.pick(creatable) : null;
  switch (form) {
    case "create":
      return created ? createStatement(scope, created) : update(scope, model, 0);
    case "delete":
      return write(model, "delete", { where: uniqueWhere(scope, model), ...returned(scope, model) });
    case "nested":
      return created && random.chance(0.4)
        ? write(created, "create", { data: newRow(scope, created, 2), ...returned(scope, created) })
        : update(scope, model, 2);
    case "upsert":
      return created ? upsert(scope, created) : update(scope, model, 0);
    case "many":
      return many(scope, model);
    case "raw":
      return rawStatement(scope, model) ?? many(scope, model);
    default:
      return update(scope, model, 0);
  }
}

function write(model: ModelShape, operation: string, args: Args, path: readonly Step[] = []): ModelWrite {
  return { kind: "model", model: model.name, operation, args, path };
}

function createStatement(scope: Scope, model: ModelShape): Statement {
  const { random, shape } = scope;
  const form = random.weighted({ create: 80, createMany: 13, createManyAndReturn: shape.provider === "mysql" ? 0 : 7 });
  if (form === "create") return write(model, form, { data: newRow(scope, model, 0), ...returned(scope, model) });
  const more = form === "createMany" ? {} : columns(scope, model);
  return write(model, form, { ...manyRows(scope, model), ...more });
}

function update(scope: Scope, model: ModelShape, depth: number): Statement {
  const { random, shape } = scope;
  const args = { where: uniqueWhere(scope, model), data: changedRow(scope, model, depth) };
  if (model.relations.length > 0 && random.chance(0.03)) {
    const relation = random.pick(model.relations);
    return write(model, "update", args, [
      { field: relation.field, args: columns(scope, modelOf(shape, relation.otherModel)) },
    ]);
  }
  return write(model, "update", { ...args, ...returned(scope, model) });
}

function upsert(scope: Scope, model: ModelShape): Statement {
  const { random } = scope;
  const key = random.pick(model.keys);
  const values = keyValues(scope, model, key);
  const depth = random.chance(0.15) ? 1 : 0;
  // The row is made under the name by which it was not found, as applications do; not where the key is a relation's.
  const create =
    depth === 0 && random.chance(0.9)
      ? { ...newScalars(scope, model, NOTHING_GIVEN, "scalar"), ...values }
      : newRow(scope, model, depth);
  const args = { where: selectorOf(key, values), create, update: changedRow(scope, model, depth) };
  return write(model, "upsert", { ...args, ...returned(scope, model) });
}

function many(scope: Scope, model: ModelShape): Statement {
  const { random, shape } = scope;
  const where = random.chance(0.6) ? scalarWhere(scope, model) : anyWhere(scope, model, 1);
  const form = random.weighted({
    updateMany: 55,
    deleteMany: 25,
    updateManyAndReturn: shape.provider === "mysql" ? 0 : 20,
  });
  const limit = random.chance(0.1) ? { limit: 100 } : {};
  if (form === "deleteMany") return write(model, form, { where, ...limit });
  const more = form === "updateManyAndReturn" ? columns(scope, model) : {};
  return write(model, form, { where, data: changedScalars(scope, model), ...limit, ...more });
}
