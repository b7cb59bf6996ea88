import { dependencies } from "../../src/query/dependencies.js";
import { exactTags, widenSelection } from "../../src/query/narrowing.js";
import type { DataModel, Relation } from "../../src/schema/data-model.js";
import { linkPath, linkTag } from "../../src/schema/paths.js";
import type { Operation } from "./toy-operations.js";
import { keyOf, otherSideOf, sideOf, type ToyTables } from "./toy-tables.js";

/** Something whose tags must change when it does. */
export interface Watched {
  readonly query: Operation | string;
  readonly tags: readonly string[];
  /** What it is in these tables, in a form that can be compared. */
  read(tables: ToyTables): unknown;
}

/** A query with the finest tags that its result allows: those of the rows that it shows, where it shows them. */
export function watchedQuery(dataModel: DataModel, tables: ToyTables, query: Operation): Watched {
  const { model, operation, args } = query;
  const found = dependencies(dataModel, query);
  if ("uncacheable" in found) throw new Error(`${found.uncacheable}: ${JSON.stringify(query)}`);
  const read = (from: ToyTables) => from.read(model, operation, args);
  if (read(tables) === null && found.absentTags.length > 0) return { query, tags: found.absentTags, read };
  let tags: readonly string[] = found.tags;
  if (found.narrowable) {
    const context = { dataModel, globalOmit: undefined, neededBy: () => [] };
    const widened = widenSelection(context, found.narrowable.level, args);
    const shown = tables.read(model, operation, widened.args);
    const { replaced, exact } = exactTags(dataModel, found.narrowable.level, found.narrowable.tags, shown);
    tags = [...tags.filter((tag) => !replaced.some((wide) => wide === tag)), ...exact];
  }
  return { query, tags, read };
}

/** The links in join tables of every row that there might be, each with the tags by which they are found. */
export function watchedLinks(dataModel: DataModel, keys: readonly unknown[]): Watched[] {
  const relations = [...dataModel.models.values()].flatMap((model) => [...model.relations.values()]);
  return relations
    .filter(({ joinModel }) => joinModel !== null)
    .flatMap((relation) =>
      keys.flatMap((key) => {
        const tag = linkTag(dataModel, relation, key);
        if (tag === null) return [];
        return [{ query: tag, tags: [tag, linkPath(relation)], read: (tables) => linksOf(tables, relation, key) }];
      }),
    );
}

function linksOf(tables: ToyTables, relation: Relation, key: unknown): unknown {
  const other = tables.model(relation.otherModel);
  return (tables.links.get(relation.joinTable ?? "") ?? [])
    .filter((link) => tables.sameKey(link.get(sideOf(relation)), [key]))
    .map((link) => link.get(otherSideOf(relation)))
    .map((linked) => tables.all(other.name).find((row) => tables.sameKey(linked, keyOf(other, row))))
    .map((row) => row && keyOf(other, row))
    .map((found) => JSON.stringify(found))
    .sort();
}
