import { fieldTag, pathTag, type Tag } from "@evercache/core";
import type { DataModel, Field, Model, Relation } from "../schema/data-model.js";
import { isSpelledAlike, keyTag, taggableKeys, type Key } from "../schema/paths.js";
import { trackedFields, trackedValue } from "../schema/tracked-fields.js";
import { isAbsent, isRecord } from "./canonical.js";
import { impliedBy, type Implied } from "./equalities.js";

/** A filter that implies more values than this is covered by `any`. */
export const MOST_VALUES = 32;

/**
 * Exact tags, with those of their paths, such that every row that the filter lets through has one of them: a row with none
 * of them before and after a write cannot enter, leave or change the result. `null`: the filter implies no such values.
 * Of several ways the one with the fewest tags.
 * @param isNegated whether the filter stands in a negation: then what the row compares with null counts as well, since
 * SQL takes it for neither true nor false, whether it is negated or not
 */
export function coveringTags(
  dataModel: DataModel,
  model: Model,
  where: unknown,
  isNegated = false,
): readonly Tag[] | null {
  const covering = new Cover(dataModel, model, isNegated).of(where);
  return covering && [...new Set(covering)];
}

class Cover {
  readonly #dataModel: DataModel;
  readonly #model: Model;
  readonly #isNegated: boolean;

  constructor(dataModel: DataModel, model: Model, isNegated: boolean) {
    this.#dataModel = dataModel;
    this.#model = model;
    this.#isNegated = isNegated;
  }

  of(filter: unknown): readonly Tag[] | null {
    if (!isRecord(filter)) return null;
    let best: readonly Tag[] | null = null;
    const offer = (candidate: readonly Tag[] | null) => {
      if (candidate && candidate.length <= 2 * MOST_VALUES && (!best || candidate.length < best.length))
        best = candidate;
    };
    for (const name in filter) {
      const value = filter[name];
      if (isAbsent(value)) continue;
      if (name === "AND") for (const part of Array.isArray(value) ? value : [value]) offer(this.of(part));
      else if (name === "OR") offer(this.#ofBranches(value));
      else offer(this.#ofCondition(name, value));
    }
    const keys = taggableKeys(this.#dataModel, this.#model);
    const implied = keys.length > 0 ? impliedBy(this.#model, filter) : null;
    if (implied && implied.equal.size + implied.oneOf.size > 0)
      for (const key of keys) offer(this.#ofKey(key, implied));
    return best;
  }

  /** Every branch needs tags of its own. */
  #ofBranches(value: unknown): readonly Tag[] | null {
    const tags: Tag[] = [];
    for (const branch of Array.isArray(value) ? value : [value]) {
      if (isAbsent(branch)) continue;
      const covered = this.of(branch);
      if (!covered) return null;
      tags.push(...covered);
    }
    return tags;
  }

  #ofCondition(name: string, value: unknown): readonly Tag[] | null {
    const field = this.#tracked(name);
    if (field) {
      const values = valuesOf(value);
      return values && this.#ofValues(field, values);
    }
    const relation = this.#model.relations.get(name);
    if (relation) return this.#ofRelation(relation, value);
    const parts = this.#model.selectors.get(name);
    if (!parts || !isRecord(value)) return null;
    for (const part of parts) {
      const member = this.#tracked(part);
      const covered = member && !isAbsent(value[part]) ? this.#ofValues(member, [value[part]]) : null;
      if (covered) return covered;
    }
    return null;
  }

  /** `author: { id: 5 }` lets through rows whose foreign key is 5. */
  #ofRelation(relation: Relation, value: unknown): readonly Tag[] | null {
    const other = this.#dataModel.models.get(relation.otherModel);
    if (!relation.holdsForeignKey || !other || !isRecord(value)) return null;
    if (!isSpelledAlike(this.#dataModel, relation)) return null;
    const filter = isAbsent(value["is"]) ? value : value["is"];
    const { equal, oneOf } = impliedBy(other, filter);
    for (const [i, name] of relation.fields.entries()) {
      const field = this.#tracked(name);
      const source = relation.references[i] ?? "";
      const values = equal.has(source) ? [equal.get(source)] : oneOf.get(source);
      const covered = field && values ? this.#ofValues(field, values) : null;
      if (covered) return covered;
    }
    return null;
  }

  /** Whoever adds a row cannot always name its key beforehand: its writers touch `added` then. */
  #ofKey(key: Key, { equal, oneOf }: Implied): readonly Tag[] | null {
    const [first = "", ...others] = key.fields;
    // Rows whose key is null have no tag.
    if (this.#isNegated && key.fields.some((name) => this.#model.fields.get(name)?.isNullable !== false)) return null;
    const list = others.length === 0 && !equal.has(first) ? oneOf.get(first) : undefined;
    if (list && list.length > MOST_VALUES) return null;
    const tags: Tag[] = [];
    for (const value of list ?? [undefined]) {
      const row = keyTag(this.#dataModel, this.#model, key, (field) => (list ? value : equal.get(field)));
      if (!row) return null;
      tags.push(row);
    }
    return [...tags, key.path, key.added];
  }

  #ofValues(field: Field, values: readonly unknown[]): readonly Tag[] | null {
    if (values.length > MOST_VALUES) return null;
    const tags: Tag[] = [];
    for (const value of this.#isNegated && field.isNullable ? [...values, null] : values) {
      const spelled = trackedValue(field, this.#dataModel.provider, value);
      if (spelled === undefined) return null;
      tags.push(fieldTag(this.#model.name, field.name, spelled));
    }
    tags.push(pathTag(this.#model.name, [field.name]));
    return tags;
  }

  #tracked(name: string): Field | undefined {
    return trackedFields(this.#dataModel, this.#model).find((field) => field.name === name);
  }
}

function valuesOf(condition: unknown): readonly unknown[] | null {
  if (!isRecord(condition)) return [condition];
  // With a mode, an equality is one of its own kind.
  if (!isAbsent(condition["mode"])) return null;
  const { equals, in: list } = condition;
  if (!isAbsent(equals)) return [equals];
  return Array.isArray(list) ? list : null;
}
