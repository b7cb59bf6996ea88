import type { Tag } from "@evercache/core";
import type { DataModel, Model, Relation } from "../schema/data-model.js";
import { looksAtVolatile, mentions, twinName, twinTag, type NeededBy } from "../schema/volatile.js";
import { isAbsent, isRecord, type Uncacheable } from "./canonical.js";
import { primaryKey } from "../schema/paths.js";
import { coveringTags } from "./covering-tags.js";
import { impliedBy } from "./equalities.js";
import { linkOf, type RelationLink, type ResultLevel } from "./result-level.js";

/** What a query looks at beside the rows of its own model, in selections, filters and orders, to any depth. */
export interface RelationsRead {
  /** Models, and tables of implicit many-to-many relations, any of whose rows it may look at, and why. */
  readonly wide: ReadonlyMap<string, string>;
  /** Those of which the result tells which rows it looks at. None of `wide`. */
  readonly narrowable: ReadonlyMap<string, string>;
  /** Rows that the arguments name. */
  readonly tags: readonly Tag[];
  /** What the result shows. */
  readonly level: ResultLevel;
}

interface RelationsQuery {
  readonly operation: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly isUnpacked?: boolean;
  readonly neededBy?: NeededBy | undefined;
}

export function relationsReadBy(
  dataModel: DataModel,
  model: Model,
  { operation, args, isUnpacked = false, neededBy }: RelationsQuery,
): RelationsRead | Uncacheable {
  const walk = new Walk(dataModel, neededBy);
  if (model.isView) walk.refuse(VIEW);
  const level: ResultLevel = { model, relations: [], isNamed: false };
  if (operation === "count") {
    // The selection of a count names columns to be counted.
    walk.args(model, "select" in args ? { ...args, select: undefined } : args, NOTHING_KNOWN, null);
  } else {
    walk.args(model, args, impliedBy(model, args["where"]).equal, isUnpacked ? null : level);
  }
  if (walk.refusal !== null) return { uncacheable: walk.refusal };
  for (const name of walk.wide.keys()) walk.narrowable.delete(name);
  return { wide: walk.wide, narrowable: walk.narrowable, tags: [...walk.tags], level };
}

/** Values that all rows of a level have, by field. */
type Known = ReadonlyMap<string, unknown>;

const NOTHING_KNOWN: Known = new Map();

const VIEW = "view";
const RELATION_FILTERS: ReadonlySet<string> = new Set(["some", "every", "none", "is", "isNot"]);
const AGGREGATES: ReadonlySet<string> = new Set(["_count", "_avg", "_sum", "_min", "_max", "_relevance"]);
/** With these, rows may be linked that are not shown. */
const RESTRICTING: ReadonlySet<string> = new Set(["where", "take", "skip", "distinct", "cursor"]);
/** Arguments that only ever speak of the model's own columns. */
const OWN_ARGS: ReadonlySet<string> = new Set([
  "omit",
  "cursor",
  "take",
  "skip",
  "distinct",
  "by",
  "relationLoadStrategy",
  "_count",
  "_avg",
  "_sum",
  "_min",
  "_max",
]);

class Walk {
  readonly wide = new Map<string, string>();
  readonly narrowable = new Map<string, string>();
  readonly tags = new Set<Tag>();
  refusal: string | null = null;
  readonly #dataModel: DataModel;
  readonly #neededBy: NeededBy | undefined;

  constructor(dataModel: DataModel, neededBy: NeededBy | undefined) {
    this.#dataModel = dataModel;
    this.#neededBy = neededBy;
  }

  refuse(reason: string): void {
    this.refusal ??= reason;
  }

  /** `level`: where the rows are shown; `null`: nowhere, or not as they are. */
  args(model: Model, args: Readonly<Record<string, unknown>>, known: Known, level: ResultLevel | null): void {
    for (const name in args) {
      const value = args[name];
      if (isAbsent(value)) continue;
      if (name === "where" || name === "having") this.#filter(model, value, false);
      else if (name === "select" || name === "include") this.#selection(model, value, known, level);
      else if (name === "orderBy") this.#order(model, value);
      else if (!OWN_ARGS.has(name)) this.refuse(`unknown argument ${name}`);
    }
  }

  #selection(model: Model, selection: unknown, known: Known, level: ResultLevel | null): void {
    if (selection === null) return;
    if (!isRecord(selection)) return this.refuse("a selection that is not an object");
    for (const name in selection) {
      const value = selection[name];
      if (isAbsent(value) || value === false || value === null) continue;
      const relation = model.relations.get(name);
      if (relation) {
        this.#shown(relation, isRecord(value) ? value : {}, known, level);
      } else if (name === "_count") {
        this.#counts(model, value, known, level);
      } else if (!model.fields.has(name) && value !== true) {
        // True alone may be a computed field of a result extension, which looks at columns of this row only.
        this.refuse(`unknown field ${model.name}.${name}`);
      }
    }
  }

  #shown(relation: Relation, args: Readonly<Record<string, unknown>>, known: Known, level: ResultLevel | null): void {
    const other = this.#other(relation);
    if (!other) return;
    // Where a page starts depends on the row of its cursor, whoever that belongs to.
    const link = isAbsent(args["cursor"]) ? linkOf(this.#dataModel, relation) : null;
    const isVolatile = looksAtVolatile(other, args, true, this.#neededBy);
    const isKnown = link !== null && this.#name(link, known, isVolatile);
    const isNarrow = !isKnown && link !== null && level !== null;
    const isJoin = relation.joinModel !== null;
    const isWhole =
      isJoin && level !== null && link !== null && !Object.keys(args).some((name) => restricts(name, args));
    const isNamed = isWhole && primaryKey(this.#dataModel, other) !== undefined;
    if (isNarrow)
      this.#narrow(link.target, `${relation.model}.${relation.field} leads to rows that only the result tells`);
    else if (!isKnown) this.#enterTarget(relation);
    if (isJoin && isNamed)
      this.#narrow(other.name, `${relation.model}.${relation.field} leads to rows that only the result tells`);
    else if (isJoin) this.#enter(relation, `${relation.model}.${relation.field} may lead to rows that are not shown`);

    if (isVolatile && !(isKnown && !isJoin)) {
      const reason = `${relation.model}.${relation.field} shows volatile columns`;
      if (isNarrow && (!isJoin || isNamed)) this.#narrow(twinName(other.name), reason);
      else this.wide.set(twinName(other.name), reason);
    }

    const below: ResultLevel | null = level && { model: other, relations: [], isNamed };
    if (level) level.relations.push({ name: relation.field, isCount: false, link: isNarrow ? link : null, below });
    this.args(other, args, isKnown ? knownOf(relation, known) : NOTHING_KNOWN, below);
  }

  /** `_count: true` counts every list; `_count: { select: { posts: { where } } }` those that it names. */
  #counts(model: Model, count: unknown, known: Known, level: ResultLevel | null): void {
    const selection = isRecord(count) ? count["select"] : true;
    for (const relation of model.relations.values()) {
      if (relation.kind !== "many") continue;
      const asked = isRecord(selection) ? selection[relation.field] : true;
      if (isAbsent(asked) || asked === false || asked === null) continue;
      const other = this.#other(relation);
      if (!other) return;
      const link = linkOf(this.#dataModel, relation);
      const isFiltered = isRecord(asked) && !isAbsent(asked["where"]);
      const isVolatile = mentions(asked, other.tracking.volatile);
      if (isVolatile) this.wide.set(twinName(other.name), `_count of ${relation.field} looks at volatile columns`);
      if (link && this.#name(link, known, false)) {
        // Named already.
      } else if (link && level) {
        this.#narrow(link.target, `_count of ${relation.model}.${relation.field}: only the result tells whose`);
        level.relations.push({ name: relation.field, isCount: true, link, below: null });
      } else this.#enterTarget(relation);
      if (relation.joinModel !== null && isFiltered) this.#enter(relation, `_count of ${relation.field} with a filter`);
      if (isRecord(asked)) this.args(other, asked, NOTHING_KNOWN, null);
    }
    if (!isRecord(selection)) return;
    for (const name in selection) {
      if (!model.relations.has(name) && !isAbsent(selection[name])) this.refuse(`unknown field ${model.name}.${name}`);
    }
  }

  /** Adds the tags of what a row with these values leads to. False: they do not say it. */
  #name(link: RelationLink, known: Known, isVolatile: boolean): boolean {
    if (!link.columns.every((column) => known.has(column))) return false;
    const tags = link.tagsOf((column) => known.get(column));
    for (const tag of tags ?? []) {
      this.tags.add(tag);
      if (isVolatile) this.tags.add(twinTag(tag));
    }
    return tags !== undefined;
  }

  #filter(model: Model, filter: unknown, isNegated: boolean): void {
    if (filter === null) return;
    if (!isRecord(filter)) return this.refuse("a filter that is not an object");
    for (const name in filter) {
      const value = filter[name];
      if (isAbsent(value)) continue;
      if (name === "AND" || name === "OR" || name === "NOT") {
        for (const part of Array.isArray(value) ? value : [value]) {
          if (!isAbsent(part)) this.#filter(model, part, isNegated || name === "NOT");
        }
        continue;
      }
      const relation = model.relations.get(name);
      if (relation) this.#relationFilter(relation, value, isNegated);
      else if (!model.fields.has(name) && !this.#isSelector(model, name, value)) {
        this.refuse(`unknown field ${model.name}.${name}`);
      }
    }
  }

  #isSelector(model: Model, name: string, value: unknown): boolean {
    if (model.selectors.has(name)) return true;
    if (this.#dataModel.isPrecise || !isRecord(value)) return false;
    // The names of compound keys are not known: one consists of columns of this model.
    return Object.keys(value).every((field) => model.fields.has(field) && !model.relations.has(field));
  }

  /**
   * A row that does not pass the filter before a write nor after it changes no answer of `some`, `none`, `is` and `isNot`;
   * of `every` each row may.
   */
  #relationFilter(relation: Relation, value: unknown, isNegated: boolean): void {
    const other = this.#other(relation);
    if (!other) return;
    const place = `${relation.model}.${relation.field}`;
    if (value === null) return void this.#enter(relation, `filter by ${place}: null`);
    if (!isRecord(value)) return this.refuse("a filter that is not an object");
    const shorthand: Record<string, unknown> = {};
    let isOperator = false;
    for (const name in value) {
      const part = value[name];
      if (isAbsent(part)) continue;
      if (!RELATION_FILTERS.has(name)) {
        shorthand[name] = part;
        continue;
      }
      isOperator = true;
      const isNegatedBelow = isNegated || name === "isNot" || name === "every";
      this.#passing(relation, other, name === "every" ? null : part, isNegatedBelow, `filter by ${name} of ${place}`);
      this.#filter(other, part, isNegatedBelow);
    }
    if (isOperator && Object.keys(shorthand).length === 0) return;
    this.#passing(relation, other, shorthand, isNegated, `filter by ${place}`);
    this.#filter(other, shorthand, isNegated);
  }

  /** The rows of the other model that pass a filter: by the values that it implies, else any. */
  #passing(relation: Relation, other: Model, filter: unknown, isNegated: boolean, reason: string): void {
    if (relation.joinModel !== null) this.wide.set(relation.joinModel, reason);
    const covering = coveringTags(this.#dataModel, other, filter, isNegated);
    if (covering) for (const tag of covering) this.tags.add(tag);
    else this.#enter(relation, reason);
    if (mentions(filter, other.tracking.volatile)) this.wide.set(twinName(other.name), reason);
  }

  #order(model: Model, order: unknown): void {
    for (const part of Array.isArray(order) ? order : [order]) {
      if (isAbsent(part) || part === null) continue;
      if (!isRecord(part)) return this.refuse("an order that is not an object");
      for (const name in part) {
        const value = part[name];
        if (isAbsent(value)) continue;
        const relation = model.relations.get(name);
        if (relation) {
          const other = this.#enter(relation, `order by ${model.name}.${name}`);
          if (other) this.#order(other, value);
          if (other && mentions(value, other.tracking.volatile))
            this.wide.set(twinName(other.name), `order by ${name}`);
        } else if (!model.fields.has(name) && !AGGREGATES.has(name)) {
          this.refuse(`unknown field ${model.name}.${name}`);
        }
      }
    }
  }

  #narrow(name: string, reason: string): void {
    this.narrowable.set(name, reason);
  }

  /** What a link leads to: the join table, or the other model. */
  #enterTarget(relation: Relation): void {
    const reason = `${relation.model}.${relation.field} may lead to any row`;
    if (relation.joinModel === null) this.#enter(relation, reason);
    else this.wide.set(relation.joinModel, reason);
  }

  #enter(relation: Relation, reason: string): Model | undefined {
    const other = this.#other(relation);
    if (!other) return undefined;
    if (!this.wide.has(other.name)) this.wide.set(other.name, reason);
    if (relation.joinModel !== null) this.wide.set(relation.joinModel, reason);
    return other;
  }

  #other(relation: Relation): Model | undefined {
    const other = this.#dataModel.models.get(relation.otherModel);
    if (!other) this.refuse(`unknown model ${relation.otherModel}`);
    else if (other.isView) this.refuse(VIEW);
    return other;
  }
}

function restricts(name: string, args: Readonly<Record<string, unknown>>): boolean {
  return RESTRICTING.has(name) && !isAbsent(args[name]);
}

/** What the rows have in common that reference one row, or are referenced by one. */
function knownOf({ holdsForeignKey, joinModel, fields, references }: Relation, known: Known): Known {
  if (joinModel !== null) return NOTHING_KNOWN;
  const [from, to] = holdsForeignKey ? [fields, references] : [references, fields];
  return new Map(from.flatMap((field, i) => (known.has(field) ? [[to[i] ?? "", known.get(field)]] : [])));
}
