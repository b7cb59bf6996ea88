import { MOST_EXACT_TAGS, tagGroup, type Tag } from "@evercache/core";
import { widen, type GlobalOmit } from "../mutation/returned-row.js";
import type { DataModel, Model } from "../schema/data-model.js";
import { keyTag, primaryKey } from "../schema/paths.js";
import { twinOf, twinTag, type NeededBy } from "../schema/volatile.js";
import { isRecord } from "./canonical.js";
import type { ResultLevel, ShownRelation } from "./result-level.js";

/** What is read beside what was asked for, so that the rows say which they are. */
export interface WidenedQuery {
  readonly args: Readonly<Record<string, unknown>>;
  /** Takes out of a result what was added to it, in place. */
  readonly strip: (result: unknown) => void;
}

export interface SelectionContext {
  readonly dataModel: DataModel;
  readonly globalOmit: GlobalOmit | undefined;
  /** The columns that result extensions need to compute a field of a model: Prisma itself reads them. */
  readonly neededBy: NeededBy;
}

/** Makes each level of the selection carry the columns by which its rows, and what belongs to them, are named. */
export function widenSelection(
  context: SelectionContext,
  level: ResultLevel,
  args: Readonly<Record<string, unknown>>,
): WidenedQuery {
  const { model } = level;
  const select = isRecord(args["select"]) ? args["select"] : null;
  const missing = columnsOf(context.dataModel, level).filter(
    (column) => !context.neededBy(model.name, select).includes(column),
  );
  const own = widen(model, args, missing, context.globalOmit, false);
  const strips: ((rows: readonly unknown[]) => void)[] = [(rows) => void own.strip(rows)];
  let widened = own.args as Readonly<Record<string, unknown>>;
  for (const { name, isCount, below } of level.relations) {
    if (isCount || !below) continue;
    const place = isRecord(widened["select"]) ? "select" : "include";
    const selection = widened[place] as Readonly<Record<string, unknown>>;
    const inner = widenSelection(context, below, isRecord(selection[name]) ? selection[name] : {});
    const isSame = Object.keys(inner.args).length === 0;
    widened = { ...widened, [place]: { ...selection, [name]: isSame ? selection[name] : inner.args } };
    strips.push((rows) => inner.strip(rows.flatMap((row) => (isRecord(row) ? row[name] : []))));
  }
  return {
    args: widened,
    strip: (result) => {
      const rows = Array.isArray(result) ? result : [result];
      // From below: what is above is still there to be walked through.
      for (const strip of strips.toReversed()) strip(rows);
    },
  };
}

/** Those that the level's own rows must show. */
function columnsOf(dataModel: DataModel, level: ResultLevel): string[] {
  const columns = new Set(level.relations.flatMap(({ link }) => link?.columns ?? []));
  if (level.isNamed) for (const column of primaryKey(dataModel, level.model)?.fields ?? []) columns.add(column);
  return [...columns];
}

/**
 * The tags that take the place of `wide` (each the `any` of a model or a join table) for this very result. Those of which
 * the result tells too little, or too much, stay.
 */
export function exactTags(
  dataModel: DataModel,
  level: ResultLevel,
  wide: readonly Tag[],
  result: unknown,
): { readonly replaced: readonly Tag[]; readonly exact: readonly Tag[] } {
  const named = new Map<string, Set<Tag> | null>(wide.map((tag) => [tagGroup(tag), new Set()]));
  collect(dataModel, level, Array.isArray(result) ? result : [result], named);
  const replaced: Tag[] = [];
  const exact: Tag[] = [];
  const bySize = wide
    .map((tag) => ({ tag, tags: tagsOf(tagGroup(tag), named) }))
    .sort((a, b) => (a.tags?.length ?? 0) - (b.tags?.length ?? 0));
  for (const { tag, tags } of bySize) {
    if (!tags || exact.length + tags.length > MOST_EXACT_TAGS) continue;
    replaced.push(tag);
    exact.push(...tags);
  }
  return { replaced, exact };
}

function tagsOf(group: string, named: ReadonlyMap<string, ReadonlySet<Tag> | null>): readonly Tag[] | null {
  const original = twinOf(group);
  const tags = named.get(original ?? group);
  return tags ? [...tags].map((tag) => (original === null ? tag : twinTag(tag))) : null;
}

function collect(
  dataModel: DataModel,
  level: ResultLevel,
  rows: readonly unknown[],
  named: Map<string, Set<Tag> | null>,
): void {
  const shown = rows.filter((row) => row !== null);
  if (level.isNamed) nameRows(dataModel, level.model, shown, named);
  for (const { link, below, name } of level.relations) {
    if (link) nameLinked(link, shown, named);
    if (!below) continue;
    const inner = shown.flatMap((row) => (isRecord(row) ? row[name] : undefined));
    collect(dataModel, below, inner, named);
  }
}

function nameLinked(
  link: NonNullable<ShownRelation["link"]>,
  rows: readonly unknown[],
  named: Map<string, Set<Tag> | null>,
): void {
  const tags = named.get(link.target);
  if (!tags) return;
  for (const row of rows) {
    const linked = isRecord(row) ? link.tagsOf((column) => row[column]) : undefined;
    if (!linked) return void named.set(link.target, null);
    for (const tag of linked) tags.add(tag);
  }
}

/** Rows that only their own keys name. */
function nameRows(
  dataModel: DataModel,
  model: Model,
  rows: readonly unknown[],
  named: Map<string, Set<Tag> | null>,
): void {
  const tags = named.get(model.name);
  const key = primaryKey(dataModel, model);
  if (!tags) return;
  for (const row of rows) {
    const tag = key && isRecord(row) ? keyTag(dataModel, model, key, (column) => row[column]) : null;
    if (!key || !tag) return void named.set(model.name, null);
    tags.add(key.path).add(tag);
  }
}
