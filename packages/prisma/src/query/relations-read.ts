import { fieldTag, modelTag, pathTag, type Tag } from "@evercache/core";
import type { DataModel, Model, Relation } from "../schema/data-model.js";
import { trackedFields, trackedValue } from "../schema/tracked-fields.js";
import { isAbsent, isRecord, type Uncacheable } from "./canonical.js";
import { impliedBy } from "./equalities.js";

/**
 * What a query looks at beside the rows of its own model, in selections, filters and orders, to any depth: the tags, and
 * the names of the models, and of the tables of implicit many-to-many relations, any of whose rows it may look at.
 */
export function relationsReadBy(
  dataModel: DataModel,
  model: Model,
  operation: string,
  args: Readonly<Record<string, unknown>>,
): { readonly names: readonly string[]; readonly tags: readonly Tag[] } | Uncacheable {
  const walk = new Walk(dataModel);
  if (model.isView) walk.refuse(VIEW);
  if (operation === "count") {
    // The selection of a count names columns to be counted.
    const { select: _, ...rest } = args;
    walk.args(model, rest, NOTHING_KNOWN);
  } else {
    walk.args(model, args, impliedBy(model, args["where"]).equal);
  }
  if (walk.refusal !== null) return { uncacheable: walk.refusal };
  const names = [...walk.names];
  return { names, tags: [...names.map((name) => modelTag(name, "any")), ...walk.tags] };
}

/** Values that all rows of a level have, by field. */
type Known = ReadonlyMap<string, unknown>;

const NOTHING_KNOWN: Known = new Map();

const VIEW = "view";
const RELATION_FILTERS: ReadonlySet<string> = new Set(["some", "every", "none", "is", "isNot"]);
const AGGREGATES: ReadonlySet<string> = new Set(["_count", "_avg", "_sum", "_min", "_max", "_relevance"]);
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
  readonly names = new Set<string>();
  readonly tags = new Set<Tag>();
  refusal: string | null = null;
  readonly #dataModel: DataModel;

  constructor(dataModel: DataModel) {
    this.#dataModel = dataModel;
  }

  refuse(reason: string): void {
    this.refusal ??= reason;
  }

  args(model: Model, args: Readonly<Record<string, unknown>>, known: Known): void {
    for (const [name, value] of Object.entries(args)) {
      if (isAbsent(value)) continue;
      if (name === "where" || name === "having") this.#filter(model, value);
      else if (name === "select" || name === "include") this.#selection(model, value, known);
      else if (name === "orderBy") this.#order(model, value);
      else if (!OWN_ARGS.has(name)) this.refuse(`unknown argument ${name}`);
    }
  }

  #selection(model: Model, selection: unknown, known: Known): void {
    if (selection === null) return;
    if (!isRecord(selection)) return this.refuse("a selection that is not an object");
    for (const [name, value] of Object.entries(selection)) {
      if (isAbsent(value) || value === false || value === null) continue;
      const relation = model.relations.get(name);
      if (relation) {
        // Where a page starts depends on the row of its cursor, whoever that belongs to.
        const isPaged = isRecord(value) && !isAbsent(value["cursor"]);
        const children = isPaged ? undefined : this.#children(relation, known);
        const other = children?.other ?? this.#enter(relation);
        if (other && isRecord(value)) this.args(other, value, children?.known ?? NOTHING_KNOWN);
      } else if (name === "_count") {
        this.#counts(model, value, known);
      } else if (!model.fields.has(name) && value !== true) {
        // True alone may be a computed field of a result extension, which looks at columns of this row only.
        this.refuse(`unknown field ${model.name}.${name}`);
      }
    }
  }

  /** `_count: true` counts every list; `_count: { select: { posts: { where } } }` those that it names. */
  #counts(model: Model, count: unknown, known: Known): void {
    const selection = isRecord(count) ? count["select"] : true;
    if (isRecord(selection)) return this.#selection(model, selection, known);
    for (const relation of model.relations.values()) {
      if (relation.kind === "many" && !this.#children(relation, known)) this.#enter(relation);
    }
  }

  /**
   * Rows that reference the one that is selected, if it is known which value they reference: no others are looked at.
   */
  #children(relation: Relation, known: Known): { readonly other: Model; readonly known: Known } | undefined {
    const { holdsForeignKey, joinModel, fields, references } = relation;
    const [name, ...more] = fields;
    const source = references[0];
    if (holdsForeignKey || joinModel !== null || name === undefined || more.length > 0 || source === undefined) {
      return undefined;
    }
    const other = this.#dataModel.models.get(relation.otherModel);
    const field = other && trackedFields(this.#dataModel, other).find((tracked) => tracked.name === name);
    const value = field && trackedValue(field, this.#dataModel.provider, known.get(source));
    if (!other || other.isView || typeof value !== "string") return undefined;
    this.tags.add(pathTag(other.name, [name])).add(fieldTag(other.name, name, value));
    return { other, known: new Map([[name, known.get(source)]]) };
  }

  #filter(model: Model, filter: unknown): void {
    if (filter === null) return;
    if (!isRecord(filter)) return this.refuse("a filter that is not an object");
    for (const [name, value] of Object.entries(filter)) {
      if (isAbsent(value)) continue;
      if (name === "AND" || name === "OR" || name === "NOT") {
        for (const part of Array.isArray(value) ? value : [value]) if (!isAbsent(part)) this.#filter(model, part);
        continue;
      }
      const relation = model.relations.get(name);
      if (relation) this.#relationFilter(relation, value);
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

  #relationFilter(relation: Relation, value: unknown): void {
    const other = this.#enter(relation);
    if (!other || value === null) return;
    if (!isRecord(value)) return this.refuse("a filter that is not an object");
    for (const [name, part] of Object.entries(value)) {
      if (isAbsent(part)) continue;
      this.#filter(other, RELATION_FILTERS.has(name) ? part : { [name]: part });
    }
  }

  #order(model: Model, order: unknown): void {
    for (const part of Array.isArray(order) ? order : [order]) {
      if (isAbsent(part) || part === null) continue;
      if (!isRecord(part)) return this.refuse("an order that is not an object");
      for (const [name, value] of Object.entries(part)) {
        if (isAbsent(value)) continue;
        const relation = model.relations.get(name);
        if (relation) {
          const other = this.#enter(relation);
          if (other) this.#order(other, value);
        } else if (!model.fields.has(name) && !AGGREGATES.has(name)) {
          this.refuse(`unknown field ${model.name}.${name}`);
        }
      }
    }
  }

  #enter(relation: Relation): Model | undefined {
    const other = this.#dataModel.models.get(relation.otherModel);
    if (!other) {
      this.refuse(`unknown model ${relation.otherModel}`);
      return undefined;
    }
    this.names.add(other.name);
    if (relation.joinModel !== null) this.names.add(relation.joinModel);
    if (other.isView) this.refuse(VIEW);
    return other;
  }
}
