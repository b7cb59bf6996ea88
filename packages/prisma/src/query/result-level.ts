import { fieldTag, pathTag, type Tag } from "@evercache/core";
import type { DataModel, Model, Relation } from "../schema/data-model.js";
import { isSpelledAlike, keyTag, linkPath, linkTag, taggableKeys } from "../schema/paths.js";
import { trackedFields, trackedValue } from "../schema/tracked-fields.js";

/** The rows of one model that a result shows in one place, with the relations that they are shown with. */
export interface ResultLevel {
  readonly model: Model;
  readonly relations: ShownRelation[];
  /** Whether each row is named by its own key. */
  readonly isNamed: boolean;
}

/** A relation in a selection, or in its `_count`. */
export interface ShownRelation {
  /** Its property in the row. */
  readonly name: string;
  readonly isCount: boolean;
  /** How the values of a row name what the relation leads to. `null`: it is named otherwise. */
  readonly link: RelationLink | null;
  /** The rows that it leads to. `null`: they are counted, not shown. */
  readonly below: ResultLevel | null;
}

/** How one row names the rows of another model, or of a join table, that belong to it. */
export interface RelationLink {
  /** The name in tags of what it leads to. */
  readonly target: string;
  /** The columns whose values it takes. */
  readonly columns: readonly string[];
  /**
   * The tags for a row with these values: none if nothing belongs to it. `undefined`: that cannot be told.
   */
  readonly tagsOf: (valueOf: (column: string) => unknown) => readonly Tag[] | undefined;
}

const linksByDataModel = new WeakMap<DataModel, Map<Relation, RelationLink | null>>();

/** The link of a relation, if its tags can name what it leads to. */
export function linkOf(dataModel: DataModel, relation: Relation): RelationLink | null {
  let links = linksByDataModel.get(dataModel);
  if (!links) linksByDataModel.set(dataModel, (links = new Map()));
  let link = links.get(relation);
  if (link === undefined) links.set(relation, (link = makeLink(dataModel, relation)));
  return link;
}

function makeLink(dataModel: DataModel, relation: Relation): RelationLink | null {
  const other = dataModel.models.get(relation.otherModel);
  if (!dataModel.isPrecise || !other || other.isView) return null;
  if (relation.joinModel !== null) return joinLink(dataModel, relation);
  if (!isSpelledAlike(dataModel, relation)) return null;
  return relation.holdsForeignKey ? ownerLink(dataModel, relation, other) : childrenLink(dataModel, relation, other);
}

/** The one row that the foreign key references. A foreign key that may dangle says nothing of rows that are not there. */
function ownerLink(dataModel: DataModel, relation: Relation, other: Model): RelationLink | null {
  const { fields, references } = relation;
  const key = taggableKeys(dataModel, other).find((candidate) => isSameSet(candidate.fields, references));
  if (!key || !dataModel.hasForeignKeys) return null;
  return {
    target: other.name,
    columns: fields,
    tagsOf: (valueOf) => {
      if (fields.some((field) => valueOf(field) === null)) return [];
      const row = keyTag(dataModel, other, key, (name) => valueOf(fields[references.indexOf(name)] ?? ""));
      return row ? [key.path, row] : undefined;
    },
  };
}

/** The rows that hold this one's key. Of a compound key one column is enough to name them all. */
function childrenLink(dataModel: DataModel, relation: Relation, other: Model): RelationLink | null {
  const tracked = trackedFields(dataModel, other).find(({ name }) => relation.fields.includes(name));
  const source = tracked && relation.references[relation.fields.indexOf(tracked.name)];
  if (!tracked || source === undefined) return null;
  return {
    target: other.name,
    columns: [source],
    tagsOf: (valueOf) => {
      const value = trackedValue(tracked, dataModel.provider, valueOf(source));
      if (value === undefined) return undefined;
      return value === null ? [] : [pathTag(other.name, [tracked.name]), fieldTag(other.name, tracked.name, value)];
    },
  };
}

/** The rows of the join table, and those on its other side by their keys. */
function joinLink(dataModel: DataModel, relation: Relation): RelationLink | null {
  const { joinModel } = relation;
  const [key, ...others] = dataModel.models.get(relation.model)?.primaryKey ?? [];
  if (key === undefined || others.length > 0 || joinModel === null) return null;
  return {
    target: joinModel,
    columns: [key],
    tagsOf: (valueOf) => {
      const tag = linkTag(dataModel, relation, valueOf(key));
      return tag ? [linkPath(relation), tag] : undefined;
    },
  };
}

function isSameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name) => b.includes(name));
}
