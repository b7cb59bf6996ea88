import { modelTag, tagGroup, type Tag } from "@evercache/core";
import { isRead, queryKind, returnsRows, type ReadOperation } from "../client/operation.js";
import type { DataModel, Model } from "../schema/data-model.js";
import { keySpelling } from "../schema/key-value.js";
import { keyTag, taggableKeys } from "../schema/paths.js";
import { isAbsent, isRecord, type Uncacheable } from "./canonical.js";
import { looksAtVolatile, twinOf, twinTag, type NeededBy } from "../schema/volatile.js";
import { coveringTags } from "./covering-tags.js";
import { impliedBy } from "./equalities.js";
import { relationsReadBy } from "./relations-read.js";
import type { ResultLevel } from "./result-level.js";

export interface Query {
  readonly model: string;
  readonly operation: string;
  /** Those of a fluent call hold the selection that its path goes through. */
  readonly args: unknown;
  /** Of a fluent call: the result is what the path leads to, without the rows on the way. */
  readonly isUnpacked?: boolean;
  /** Columns that are read beside those that the arguments show. Left out: none. */
  readonly neededBy?: NeededBy | undefined;
}

export interface Dependencies {
  /** Whoever changes the result of this query changes one of these. In canonical order, none twice. */
  readonly tags: readonly Tag[];
  /** More of them, which only a result that found nothing depends on: any writer may create the row. */
  readonly absentTags: readonly Tag[];
  /** False: that nothing was found may be Prisma's doing. */
  readonly keepsAbsent: boolean;
  /** Which of `tags` the rows of the result can take the place of. `null`: none. */
  readonly narrowable: Narrowable | null;
}

export interface Narrowable {
  /** The `any` tags of models and join tables of which the result tells which rows it looks at. */
  readonly tags: readonly Tag[];
  readonly level: ResultLevel;
}

/** What the result of a query depends on, from its arguments alone. */
export function dependencies(dataModel: DataModel, query: Query): Dependencies | Uncacheable {
  const model = dataModel.models.get(query.model);
  const { operation } = query;
  if (!model || !isRead(operation)) return { uncacheable: `unknown operation ${query.model}.${operation}` };
  const args = query.args ?? {};
  if (!isRecord(args)) return { uncacheable: "arguments that are not an object" };
  const others = relationsReadBy(dataModel, model, { ...query, args });
  if ("uncacheable" in others) return others;

  const { equal } = impliedBy(model, args["where"]);
  const own = ownTags(dataModel, model, operation, args, equal);
  const isVolatile = looksAtVolatile(model, args, returnsRows(operation), query.neededBy);
  const wide = new Set(others.wide.keys());
  if (own.tags[0] === modelTag(model.name, "any")) wide.add(model.name);
  // What may be any row may be any row of the twin.
  for (const name of others.narrowable.keys()) if (wide.has(twinOf(name) ?? "")) wide.add(name);
  const ownTwins = isVolatile ? own.tags.map(twinTag) : [];
  const narrowable = [...others.narrowable.keys()].filter((name) => !wide.has(name));
  const tags = new Set<Tag>();
  for (const name of [...wide, ...narrowable]) tags.add(modelTag(name, "any"));
  // Whoever carries `any` of a model needs none of its other tags.
  for (const tag of [...own.tags, ...ownTwins, ...others.tags]) if (!wide.has(tagGroup(tag))) tags.add(tag);
  return {
    tags: [...tags].sort(),
    absentTags: wide.has(model.name) ? [] : own.absentTags,
    keepsAbsent: !isMatchedByPrisma(dataModel, model, operation, equal),
    narrowable:
      narrowable.length === 0 ? null : { tags: narrowable.map((name) => modelTag(name, "any")), level: others.level },
  };
}

/**
 * Queries by a unique key that are asked at the same time become one, whose rows Prisma gives back to them by comparing the
 * keys' text: a row that the database found by another spelling is then given to none.
 */
function isMatchedByPrisma(
  { provider }: DataModel,
  model: Model,
  operation: ReadOperation,
  equal: ReadonlyMap<string, unknown>,
): boolean {
  if (!operation.startsWith("findUnique")) return false;
  return [...equal.keys()].some((column) => {
    const field = model.fields.get(column);
    return field !== undefined && keySpelling(field, provider) === "folded";
  });
}

/**
 * The tags of the queried model itself. An operation by key depends on its one row; one whose filter implies values by
 * which tags name rows on these; every other one on all rows.
 */
function ownTags(
  dataModel: DataModel,
  model: Model,
  operation: ReadOperation,
  args: Readonly<Record<string, unknown>>,
  equal: ReadonlyMap<string, unknown>,
): { readonly tags: readonly Tag[]; readonly absentTags: readonly Tag[] } {
  // Where the page starts depends on the row of the cursor, whether it is in the result or not.
  if (!isAbsent(args["cursor"])) return { tags: [modelTag(model.name, "any")], absentTags: [] };
  if (queryKind(operation) === "single") {
    for (const key of taggableKeys(dataModel, model)) {
      const row = keyTag(dataModel, model, key, (field) => equal.get(field));
      if (row) return { tags: [key.path, row], absentTags: [modelTag(model.name, "new")] };
    }
  }
  return { tags: coveringTags(dataModel, model, args["where"]) ?? [modelTag(model.name, "any")], absentTags: [] };
}
