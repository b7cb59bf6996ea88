import { effects } from "../../src/mutation/effects.js";
import { shop } from "./key-effects.js";
import { withoutNew } from "./tags.js";

/** What a write changes outside of its own model, but for keys that rows come to have. */
export function others(model: string, operation: string, args: object): string[] {
  const { changed, fenced } = effects(shop, { model, operation, args });
  return withoutNew([...changed, ...fenced])
    .filter((tag) => !tag.startsWith(`${model}:`))
    .sort();
}

export const updated = (model: string, data: object, where: object = { id: 1 }) =>
  others(model, "update", { where, data });
export const created = (model: string, data: object) => others(model, "create", { data });
