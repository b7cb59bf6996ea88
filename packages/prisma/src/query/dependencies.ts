import { modelTag, tagGroup, type Tag } from "@evercache/core";
import type { DataModel, Model } from "../schema/data-model.js";
import { keyTag, taggableKeys } from "../schema/paths.js";
import { isAbsent, isRecord, type Uncacheable } from "./canonical.js";
import { coveringTags } from "./covering-tags.js";
import { impliedBy } from "./equalities.js";
import { relationsReadBy } from "./relations-read.js";

export interface Query {
  readonly model: string;
  readonly operation: string;
  /** Those of a fluent call hold the selection that its path goes through. */
  readonly args: unknown;
}

export interface Dependencies {
  /** Whoever changes the result of this query changes one of these. In canonical order, none twice. */
  readonly tags: readonly Tag[];
  /** More of them, which only a result that found nothing depends on: any writer may create the row. */
  readonly absentTags: readonly Tag[];
}

const READS: ReadonlySet<string> = new Set([
  "findUnique",
  "findUniqueOrThrow",
  "findFirst",
  "findFirstOrThrow",
  "findMany",
  "count",
  "aggregate",
  "groupBy",
]);

/** Operations that return one row, which a filter by key names. */
const SINGLE: ReadonlySet<string> = new Set(["findUnique", "findUniqueOrThrow", "findFirst", "findFirstOrThrow"]);

/** What the result of a query depends on, from its arguments alone. */
export function dependencies(dataModel: DataModel, query: Query): Dependencies | Uncacheable {
  const model = dataModel.models.get(query.model);
  if (!model || !READS.has(query.operation))
    return { uncacheable: `unknown operation ${query.model}.${query.operation}` };
  const args = query.args ?? {};
  if (!isRecord(args)) return { uncacheable: "arguments that are not an object" };
  const others = relationsReadBy(dataModel, model, query.operation, args);
  if ("uncacheable" in others) return others;
  // Whatever changes a row of the model changes its `any`.
  if (others.names.includes(model.name)) return { tags: inOrder(others.tags), absentTags: [] };
  const own = ownTags(dataModel, model, query.operation, args);
  return { tags: inOrder([...own.tags, ...others.tags]), absentTags: own.absentTags };
}

/** Whoever carries `any` of a model needs none of its other tags. */
function inOrder(tags: readonly Tag[]): Tag[] {
  // Not by its end: the key of a row may end so, too.
  const isWide = (tag: Tag) => tag === modelTag(tagGroup(tag), "any");
  const wide = new Set(tags.filter(isWide).map(tagGroup));
  return [...new Set(tags)].filter((tag) => isWide(tag) || !wide.has(tagGroup(tag))).sort();
}

/**
 * The tags of the queried model itself. An operation by key depends on its one row; one whose filter implies the value of
 * a tracked field on the rows that have it; every other one on all rows.
 */
function ownTags(
  dataModel: DataModel,
  model: Model,
  operation: string,
  args: Readonly<Record<string, unknown>>,
): Dependencies {
  // Where the page starts depends on the row of the cursor, whether it is in the result or not.
  if (!SINGLE.has(operation) || !isAbsent(args["cursor"])) return listTags(dataModel, model, args);
  const { equal } = impliedBy(model, args["where"]);
  for (const key of taggableKeys(dataModel, model)) {
    const row = keyTag(dataModel, model, key, (field) => equal.get(field));
    if (row) return { tags: [key.path, row], absentTags: [modelTag(model.name, "new")] };
  }
  return listTags(dataModel, model, args);
}

function listTags(dataModel: DataModel, model: Model, args: Readonly<Record<string, unknown>>): Dependencies {
  const covering = isAbsent(args["cursor"]) ? coveringTags(dataModel, model, args["where"]) : null;
  return { tags: covering ?? [modelTag(model.name, "any")], absentTags: [] };
}
