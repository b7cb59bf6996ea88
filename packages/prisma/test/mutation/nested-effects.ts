import { effects } from "../../src/mutation/effects.js";
import { shop } from "./key-effects.js";
import { withoutNew } from "./tags.js";

/**
 * What a write changes outside of its own model, but for keys that rows come to have, and for what is only locked until it is
 * done.
 */
export function others(model: string, operation: string, args: object): string[] {
  const written = effects(shop, { model, operation, args });
  const { changed, fenced } = written;
  const { unchanged } = written.after({});
  return withoutNew([...changed, ...fenced.filter((tag) => !unchanged.includes(tag))])
    .filter((tag) => !tag.startsWith(`${model}:`))
    .sort();
}

export const updated = (model: string, data: object, where: object = { id: 1 }) =>
  others(model, "update", { where, data });
export const created = (model: string, data: object) => others(model, "create", { data });
