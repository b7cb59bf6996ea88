import type { DataModel } from "../../src/schema/data-model.js";
import { tagsOfModel } from "../../src/schema/paths.js";

/** Short for tags of one model. */
export const tags = (model: string, ...kinds: string[]): string[] => kinds.map((kind) => `${model}:${kind}`).sort();

/** Any row of these models may change. What that is has a test of its own, paths.test.ts. */
export const allOf =
  (dataModel: DataModel) =>
  (...models: string[]): string[] =>
    models.flatMap((model) => tagsOfModel(dataModel, model));

/** The paths of a user of the shop that its primary key does not name. */
export const USER_PATHS = ["by:email", "by:managerId", "by:nickname", "by:role", "by:tenant,handle"];
