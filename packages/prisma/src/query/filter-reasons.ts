import { inspect } from "node:util";
import type { DataModel, Field, Model, Relation } from "../schema/data-model.js";
import { keySpelling } from "../schema/key-value.js";
import { taggableKeys } from "../schema/paths.js";
import { trackedFields } from "../schema/tracked-fields.js";
import { isAbsent, isRecord } from "./canonical.js";
import { coveringTags, MOST_VALUES } from "./covering-tags.js";

const RANGES: ReadonlySet<string> = new Set(["lt", "lte", "gt", "gte"]);
const LONGEST_BRANCH = 80;

/** Why a filter that `coveringTags` has no tags for lets any row through: a word on each of its conditions. */
export function whyAnyRow(dataModel: DataModel, model: Model, where: unknown): string {
  if (!dataModel.isPrecise) return "the schema's text is not known, so that no column is known to be a key";
  if (model.tracking.granularity === "model") return "granularity: model";
  const reasons = [...new Set(conditions(dataModel, model, where))];
  return reasons.length === 0 ? "no filter: any row may be in the result" : reasons.join("; ");
}

function conditions(dataModel: DataModel, model: Model, filter: unknown): string[] {
  if (!isRecord(filter)) return [];
  return Object.entries(filter).flatMap(([name, value]) => {
    if (isAbsent(value)) return [];
    if (name === "AND") return listOf(value).flatMap((part) => conditions(dataModel, model, part));
    if (name === "OR") return [branches(dataModel, model, listOf(value))];
    const relation = model.relations.get(name);
    if (relation) return [throughRelation(relation)];
    const field = model.fields.get(name);
    if (field) return onField(dataModel, model, field, value);
    if (model.selectors.has(name)) return [`the values of ${name} cannot be told apart for certain`];
    return [name];
  });
}

function branches(dataModel: DataModel, model: Model, parts: readonly unknown[]): string {
  const open = parts.find((part) => !isAbsent(part) && coveringTags(dataModel, model, part) === null);
  if (open === undefined) return `OR with more than ${MOST_VALUES} values`;
  const text = inspect(open, { depth: 4, breakLength: Number.POSITIVE_INFINITY });
  const shown = text.length > LONGEST_BRANCH ? `${text.slice(0, LONGEST_BRANCH)}…` : text;
  return `OR with a branch that names no value: ${shown}`;
}

function throughRelation({ field, fields, holdsForeignKey }: Relation): string {
  return holdsForeignKey
    ? `filter by ${field}: it names no value of ${fields.join(" and ")}`
    : `filter by ${field}: rows of another table decide`;
}

function onField(dataModel: DataModel, model: Model, field: Field, condition: unknown): string[] {
  if (!isRecord(condition)) return [equality(dataModel, model, field, [condition])];
  const names = Object.keys(condition).filter((name) => !isAbsent(condition[name]));
  const listed = model.tracking.trackBy.includes(field.name) ? ", on which trackBy has no effect" : "";
  const reasons = names.flatMap((name) => {
    if (name === "mode") return [];
    if (name === "equals" || name === "in") {
      if (names.includes("mode")) return [`mode: ${String(condition["mode"])} on ${field.name}`];
      const values = name === "in" ? condition[name] : [condition[name]];
      if (Array.isArray(values)) return [equality(dataModel, model, field, values)];
    }
    return [`${RANGES.has(name) ? "range" : name} on ${field.name}${listed}`];
  });
  return reasons.length === 0 ? [`an empty condition on ${field.name}`] : reasons;
}

function equality(dataModel: DataModel, model: Model, field: Field, values: readonly unknown[]): string {
  const { name } = field;
  const isTracked = trackedFields(dataModel, model).includes(field);
  const keys = taggableKeys(dataModel, model).filter(({ fields }) => fields.includes(name));
  if (!isTracked && !keys.some(({ fields }) => fields.length === 1)) {
    if (keySpelling(field, dataModel.provider) === "none") {
      return `values of ${name} (${field.type}${field.isList ? "[]" : ""}) cannot be told apart for certain`;
    }
    const hint = "list it in trackBy";
    return keys.length > 0
      ? `equality on ${name}: it is only one column of a key; ${hint}`
      : `equality on ${name}: it is no key, foreign key, enum or boolean; ${hint}`;
  }
  if (values.length > MOST_VALUES) return `in with ${values.length} values on ${name}, more than ${MOST_VALUES}`;
  if (!isTracked && values.includes(null)) return `${name} is null: any number of rows may have no value`;
  return `a value of ${name} that cannot be told from others for certain`;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}
