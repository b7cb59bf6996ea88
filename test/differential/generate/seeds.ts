import type { Field } from "../../../packages/prisma/src/schema/data-model.js";
import type { Args } from "../operation.js";
import { newScalars, NOTHING_GIVEN } from "./data.js";
import type { Scope } from "./scope.js";
import { isNeeded, type ModelShape } from "./shape.js";
import { SEEDED, valueAt } from "./values.js";

/** A row that is there when a history begins. */
export interface Seed {
  readonly model: string;
  readonly data: Args;
}

/** Rows of all models of the history, those first that others need. */
export function makeSeeds(scope: Scope): Seed[] {
  const seeds: Seed[] = [];
  const rows = new Map<string, ReadonlySet<number>>();
  for (const model of inOrder(scope)) {
    if (!model.canCreate) continue;
    const taken = new Set<number>();
    rows.set(model.name, taken);
    for (let index = 0; index < SEEDED; index++) {
      const data = seedRow(scope, model, index, rows);
      if (!data) continue;
      taken.add(index);
      seeds.push({ model: model.name, data });
    }
  }
  return seeds;
}

function inOrder({ focus }: Scope): ModelShape[] {
  const placed = new Set<ModelShape>();
  const visit = (model: ModelShape, path: ReadonlySet<ModelShape>): void => {
    if (placed.has(model) || path.has(model)) return;
    for (const parent of model.parents) {
      const shape = focus.get(parent);
      if (shape) visit(shape, new Set([...path, model]));
    }
    placed.add(model);
  };
  // What may be without a parent comes after it all the same, where it can.
  for (const model of focus.values()) visit(model, new Set());
  return [...placed];
}

/** Row `index` has the value of that place in each of its keys. */
function seedRow(
  scope: Scope,
  model: ModelShape,
  index: number,
  rows: ReadonlyMap<string, ReadonlySet<number>>,
): Args | null {
  const { random, shape } = scope;
  const data = newScalars(scope, model, NOTHING_GIVEN, "scalar");
  const fieldsOf = (names: readonly string[]) => names.map((name) => model.model.fields.get(name) as Field);
  for (const field of fieldsOf([...model.keyFields])) data[field.name] = valueAt(shape, model, field, index);
  const owned = [...model.model.relations.values()].filter(({ holdsForeignKey }) => holdsForeignKey);
  // Some are left out, so that there are parents without a child.
  const isShared = owned.some(
    ({ fields, otherModel }) => otherModel !== model.name && fields.some((name) => model.keyFields.has(name)),
  );
  if (isShared && random.chance(0.2)) return null;
  const settled = new Map<string, number>();
  for (const { fields: names, otherModel } of owned) {
    const fields = fieldsOf(names);
    const there = [...(rows.get(otherModel) ?? [])];
    const isKey = names.some((name) => model.keyFields.has(name));
    const wanted = names.map((name) => settled.get(name)).find((row) => row !== undefined);
    // A pair within one model: each row with the one before it.
    const last = otherModel === model.name ? there.at(-1) : there.find((row) => row === index);
    const free = isKey ? last : there.length > 0 ? random.pick(there) : undefined;
    const row = wanted === undefined ? free : there.find((each) => each === wanted);
    const nullable = fields.filter((field) => field.isNullable);
    if (row === undefined || (nullable.length > 0 && random.chance(0.15))) {
      if (nullable.length === 0 && fields.some(isNeeded)) return null;
      for (const { name } of fields) delete data[name];
      continue;
    }
    for (const field of fields) {
      settled.set(field.name, row);
      data[field.name] = valueAt(shape, model, field, row);
    }
  }
  return data;
}
