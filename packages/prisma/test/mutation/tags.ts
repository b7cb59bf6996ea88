import { isNewTag, type Tag } from "@evercache/core";
import type { DataModel } from "../../src/schema/data-model.js";
import { tagsOfModel } from "../../src/schema/paths.js";

/** Short for tags of one model. */
export const tags = (model: string, ...kinds: string[]): string[] => kinds.map((kind) => `${model}:${kind}`).sort();

/** Without the tags of keys that rows come to have: these have a test of their own, gained-keys.test.ts. */
export const withoutNew = (changed: readonly Tag[]): string[] => changed.filter((tag) => !isNewTag(tag));

/** Any row of these models may change. What that is has a test of its own, paths.test.ts. */
export const allOf =
  (dataModel: DataModel) =>
  (...models: string[]): string[] =>
    models.flatMap((model) => withoutNew(tagsOfModel(dataModel, model)));

/** The paths of a user of the shop that its primary key does not name. */
export const USER_PATHS = ["by:email", "by:managerId", "by:nickname", "by:role", "by:tenant,handle"];
