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
    for (let index = 0; index < SEEDED; index++) {
      const data = seedRow(scope, model, index, rows);
      if (!data) continue;
      taken.add(index);
      seeds.push({ model: model.name, data });
    }
    rows.set(model.name, taken);
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
  for (const name of model.keyFields) data[name] = valueAt(shape, model, model.model.fields.get(name) as Field, index);
  const isShared = model.relations.some(
    ({ holdsForeignKey, fields }) => holdsForeignKey && fields.some((name) => model.keyFields.has(name)),
  );
  // Some are left out, so that there are parents without a child.
  if (isShared && random.chance(0.35)) return null;
  const settled = new Map<string, number>([...model.keyFields].map((name) => [name, index]));
  for (const relation of model.model.relations.values()) {
    if (!relation.holdsForeignKey) continue;
    const fields = relation.fields.map((name) => model.model.fields.get(name) as Field);
    const there = [
      ...(relation.otherModel === model.name
        ? Array.from({ length: index }, (_, i) => i)
        : (rows.get(relation.otherModel) ?? [])),
    ];
    const given = fields.map(({ name }) => settled.get(name)).find((known) => known !== undefined);
    const row =
      given === undefined
        ? there.length > 0
          ? random.pick(there)
          : undefined
        : there.includes(given)
          ? given
          : undefined;
    const nullable = fields.filter((field) => field.isNullable);
    if (row === undefined || (nullable.length > 0 && random.chance(0.2))) {
      if (nullable.length === 0) {
        if (fields.some((field) => isNeeded(field))) return null;
        continue;
      }
      for (const { name } of nullable) data[name] = null;
      continue;
    }
    for (const field of fields) {
      settled.set(field.name, row);
      data[field.name] = valueAt(shape, model, field, row);
    }
  }
  return data;
}
