import { sortFew } from "../sort-few.js";
import { anyTag, tagGroup, type Tag } from "@evercache/core";
import { isRead, queryKind, returnsRows, type ReadOperation } from "../client/operation.js";
import type { DataModel, Model } from "../schema/data-model.js";
import { keySpelling } from "../schema/key-value.js";
import { keyTag, taggableKeys, type Key } from "../schema/paths.js";
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
  /** What a result that found nothing depends on, in the place of `tags`. Empty: on `tags`. */
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
  const { equal } = impliedBy(model, args["where"]);
  const own = ownTags(dataModel, model, operation, args, equal);
  const isVolatile = looksAtVolatile(model, args, returnsRows(operation), query.neededBy);
  if (own.key && isRowAlone(model, query, args, own.key)) {
    return {
      tags: tagsOfRow(own.tags, isVolatile),
      absentTags: absentTags(dataModel, model, args["where"], own.tags, own.key),
      keepsAbsent: !isMatchedByPrisma(dataModel, model, operation, equal),
      narrowable: null,
    };
  }
  const { isUnpacked = false, neededBy } = query;
  const others = relationsReadBy(dataModel, model, { operation, args, isUnpacked, neededBy });
  if ("uncacheable" in others) return others;

  const wide = new Set(others.wide.keys());
  if (own.tags[0] === anyTag(model.name)) wide.add(model.name);
  // What may be any row may be any row of the twin.
  for (const name of others.narrowable.keys()) if (wide.has(twinOf(name) ?? "")) wide.add(name);
  const named = isVolatile ? withTwins(own.tags) : own.tags;
  const narrowable = [...others.narrowable.keys()].filter((name) => !wide.has(name));
  const tags = new Set<Tag>();
  for (const name of [...wide, ...narrowable]) tags.add(anyTag(name));
  // Whoever carries `any` of a model needs none of its other tags.
  for (const tag of [...named, ...others.tags]) if (!wide.has(tagGroup(tag))) tags.add(tag);
  let absent: readonly Tag[] = [];
  // What a path of fluent calls leads to may be missing though the row is there.
  if (own.key && query.isUnpacked) absent = [...new Set([...tags, own.key.added])].sort();
  else if (own.key) absent = absentTags(dataModel, model, args["where"], own.tags, own.key);
  return {
    tags: sortFew([...tags]),
    absentTags: absent,
    keepsAbsent: !isMatchedByPrisma(dataModel, model, operation, equal),
    narrowable: narrowable.length === 0 ? null : { tags: narrowable.map((name) => anyTag(name)), level: others.level },
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

interface OwnTags {
  readonly tags: readonly Tag[];
  /** The one whose values find the row, if one does. */
  readonly key: Key | null;
}

/**
 * What it depends on that a query by key finds nothing: on rows that come to have the key, and where it filters by more
 * than that, on what the row with the key is like, and on the rows that other filters look at. On nothing that it would
 * have shown.
 */
function absentTags(
  dataModel: DataModel,
  model: Model,
  where: unknown,
  tags: readonly Tag[],
  key: Key,
): readonly Tag[] {
  const isAlone = isByKeyAlone(model, where, key);
  const own = [...(isAlone ? tags.filter((tag) => tag !== key.path) : tags), key.added];
  const isVolatile = looksAtVolatile(model, { where }, false);
  if (isAlone) return tagsOfRow(own, isVolatile);
  const all = isVolatile ? withTwins(own) : own;
  const others = relationsReadBy(dataModel, model, { operation: "findFirst", args: { where } });
  if ("uncacheable" in others) return sortFew(all);
  const wide = [...others.wide.keys()];
  const named = [...all, ...others.tags].filter((tag) => !wide.includes(tagGroup(tag)));
  return [...new Set([...wide.map((name) => anyTag(name)), ...named])].sort();
}

/** Whether nothing is asked for but all columns of the row with a key: most reads by key, and all that there is to know. */
function isRowAlone(model: Model, { isUnpacked }: Query, args: Readonly<Record<string, unknown>>, key: Key): boolean {
  for (const name in args) if (name !== "where") return false;
  return isUnpacked !== true && !model.isView && isByKeyAlone(model, args["where"], key);
}

/** Whether a filter says nothing but which values the columns of the key have. */
function isByKeyAlone(model: Model, where: unknown, { fields }: Key): boolean {
  if (!isRecord(where)) return false;
  return Object.entries(where).every(([name, value]) => {
    if (isAbsent(value)) return true;
    const selected = model.selectors.get(name);
    if (selected) return selected.length === fields.length && selected.every((field) => fields.includes(field));
    return fields.includes(name) && (!isRecord(value) || Object.keys(value).join() === "equals");
  });
}

/** Of a read of one row by its key alone: `own`, in canonical order, with those of the twin where it looks at volatile columns. */
export function tagsOfRow(own: readonly Tag[], isVolatile: boolean): Tag[] {
  return sortFew(isVolatile ? withTwins(own) : [...own]);
}

function withTwins(tags: readonly Tag[]): Tag[] {
  return [...tags, ...tags.map(twinTag)];
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
): OwnTags {
  // Where the page starts depends on the row of the cursor, whether it is in the result or not.
  if (!isAbsent(args["cursor"])) return { tags: [anyTag(model.name)], key: null };
  if (queryKind(operation) === "single") {
    for (const key of taggableKeys(dataModel, model)) {
      const row = keyTag(dataModel, model, key, (field) => equal.get(field));
      if (row) return { tags: [key.path, row], key };
    }
  }
  return { tags: coveringTags(dataModel, model, args["where"]) ?? [anyTag(model.name)], key: null };
}
