import { fieldTag, pathTag, type Tag } from "@evercache/core";
import type { DataModel, Field, Model } from "../schema/data-model.js";
import { trackedFields, trackedValue } from "../schema/tracked-fields.js";
import { isAbsent, isRecord } from "./canonical.js";

/** A filter that implies more values than this is covered by `any`. */
const MOST_VALUES = 32;

/**
 * Field tags, with those of their paths, such that every row that the filter lets through has one of them: a row with none of them before and after a
 * write cannot enter, leave or change the result. `null`: the filter implies no such values. Of several ways the one with
 * the fewest tags.
 */
export function coveringTags(dataModel: DataModel, model: Model, where: unknown): readonly Tag[] | null {
  const tracked = new Map(trackedFields(dataModel, model).map((field) => [field.name, field]));
  if (tracked.size === 0) return null;
  const covering = cover(where);
  return covering && [...new Set(covering)];

  function cover(filter: unknown): readonly Tag[] | null {
    if (!isRecord(filter)) return null;
    let best: readonly Tag[] | null = null;
    const offer = (candidate: readonly Tag[] | null) => {
      if (candidate && candidate.length <= 2 * MOST_VALUES && (!best || candidate.length < best.length))
        best = candidate;
    };
    for (const [name, value] of Object.entries(filter)) {
      if (isAbsent(value)) continue;
      const field = tracked.get(name);
      if (field) offer(ofCondition(field, value));
      else if (name === "AND") for (const part of Array.isArray(value) ? value : [value]) offer(cover(part));
      else if (name === "OR") offer(ofBranches(value));
      else if (isRecord(value)) for (const part of model.selectors.get(name) ?? []) offer(ofSelector(part, value));
    }
    return best;
  }

  function ofSelector(name: string, values: Readonly<Record<string, unknown>>): readonly Tag[] | null {
    const field = tracked.get(name);
    return field && !isAbsent(values[name]) ? ofCondition(field, values[name]) : null;
  }

  /** Every branch needs tags of its own. */
  function ofBranches(value: unknown): readonly Tag[] | null {
    const tags: Tag[] = [];
    for (const branch of Array.isArray(value) ? value : [value]) {
      if (isAbsent(branch)) continue;
      const covered = cover(branch);
      if (!covered) return null;
      tags.push(...covered);
    }
    return tags;
  }

  function ofCondition(field: Field, condition: unknown): readonly Tag[] | null {
    if (!isRecord(condition)) return ofValues(field, [condition]);
    // With a mode, an equality is one of its own kind.
    if (!isAbsent(condition["mode"])) return null;
    const { equals, in: list } = condition;
    if (!isAbsent(equals)) return ofValues(field, [equals]);
    return Array.isArray(list) ? ofValues(field, list) : null;
  }

  function ofValues(field: Field, values: readonly unknown[]): readonly Tag[] | null {
    if (values.length > MOST_VALUES) return null;
    const tags: Tag[] = [];
    for (const value of values) {
      const spelled = trackedValue(field, dataModel.provider, value);
      if (spelled === undefined) return null;
      tags.push(fieldTag(model.name, field.name, spelled));
    }
    tags.push(pathTag(model.name, [field.name]));
    return tags;
  }
}
