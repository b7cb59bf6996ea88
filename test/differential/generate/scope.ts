import type { Random } from "../random.js";
import type { ModelShape, Shape } from "./shape.js";

/** What an operation is made from. */
export interface Scope {
  readonly shape: Shape;
  readonly random: Random;
  /** The share of keys that are among those of a fresh database. */
  readonly reach: number;
  /** The share of rows that are named by their primary key in any case. */
  readonly byPrimaryKey: number;
  /** The models that the history is about. */
  readonly focus: ReadonlyMap<string, ModelShape>;
}

/** `wanted` models that relations connect, and those that their rows cannot be without. */
export function focusOn(shape: Shape, random: Random, wanted: number): ReadonlyMap<string, ModelShape> {
  const all = [...shape.models.values()];
  const chosen = new Map<string, ModelShape>();
  const edge: ModelShape[] = [];
  while (chosen.size < Math.min(wanted, all.length)) {
    const next = edge.length > 0 ? edge.splice(random.below(edge.length), 1)[0] : random.pick(all);
    if (!next || chosen.has(next.name)) continue;
    chosen.set(next.name, next);
    for (const { otherModel } of next.relations) {
      const other = shape.models.get(otherModel);
      if (other && !chosen.has(otherModel)) edge.push(other);
    }
  }
  // A map that grows while it is walked is walked to its end.
  for (const { parents } of chosen.values()) {
    for (const name of parents) {
      const parent = shape.models.get(name);
      if (parent) chosen.set(name, parent);
    }
  }
  return chosen;
}
