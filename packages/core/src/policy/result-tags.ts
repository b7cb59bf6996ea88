import { EvercacheError } from "../errors.js";
import type { Source } from "../events.js";
import { areTagNames, customTag, type Tag } from "../tag.js";
import type { TagsOf } from "./settings.js";

/**
 * The custom tags of one result.
 * @throws what the user's own function throws, and EvercacheError `INVALID_OPTION` for what is no array of names
 */
export function tagsOfResult(tagsOf: TagsOf, result: unknown, query: Source): readonly Tag[] {
  const names: unknown = tagsOf(result, query);
  if (areTagNames(names)) return [...new Set(names.map(customTag))];
  // One that answers later answers nothing, and what becomes of it is nobody's concern.
  if (names instanceof Promise) names.catch(() => {});
  throw new EvercacheError("INVALID_OPTION", "not an array of names", { value: names });
}
