import { tagGroup } from "@evercache/core";
import { dependencies, type Dependencies, type Query } from "../../src/query/dependencies.js";
import type { DataModel, Tracking } from "../../src/schema/data-model.js";

/** What a query depends on, its narrowable models by name. */
export interface ReadTags {
  readonly tags: readonly string[];
  readonly narrowable: readonly string[];
}

/** What a query depends on. Throws where it is not cached. */
export function dependenciesOf(dataModel: DataModel, query: Query): Dependencies {
  const result = dependencies(dataModel, query);
  if ("uncacheable" in result) throw new Error(result.uncacheable);
  return result;
}

export function readTags(dataModel: DataModel, model: string, operation: string, args: unknown): ReadTags {
  const { tags, narrowable } = dependenciesOf(dataModel, { model, operation, args });
  return { tags, narrowable: (narrowable?.tags ?? []).map(tagGroup).sort() };
}

/** The data model, as if a policy said so of one of its models. */
export function tracking(dataModel: DataModel, model: string, settings: Partial<Tracking>): DataModel {
  const models = [...dataModel.models].map(([name, known]) => {
    // A copy of each: what was worked out before is remembered by the model.
    const tracked = name === model ? { ...known.tracking, ...settings } : known.tracking;
    return [name, { ...known, tracking: tracked }] as const;
  });
  return { ...dataModel, models: new Map(models) };
}
