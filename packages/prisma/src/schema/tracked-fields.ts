import type { DataModel, Field, Model } from "./data-model.js";
import { keySpelling, keyValue } from "./key-value.js";

const known = new WeakMap<Model, readonly Field[]>();

/**
 * The columns by whose value tags name rows beside keys, since lists are asked for by them: those of foreign keys, enums
 * and booleans, and those that the user names.
 */
export function trackedFields({ provider, isPrecise }: DataModel, model: Model): readonly Field[] {
  let fields = known.get(model);
  if (!fields) {
    const foreignKeys = new Set(
      [...model.relations.values()].flatMap((relation) => (relation.holdsForeignKey ? relation.fields : [])),
    );
    fields = isPrecise
      ? [...model.fields.values()].filter((field) => {
          const spelling = keySpelling(field, provider);
          const { granularity, trackBy, exclude } = model.tracking;
          if (spelling === "none" || granularity === "model" || exclude.includes(field.name)) return false;
          const isAsked = foreignKeys.has(field.name) || trackBy.includes(field.name);
          return isAsked || spelling === "enum" || spelling === "boolean";
        })
      : [];
    known.set(model, fields);
  }
  return fields;
}

/** The spelling of a value; `null` for no value; `undefined`: not certain, or not known. */
export function trackedValue(field: Field, provider: string, value: unknown): string | null | undefined {
  if (value === null) return null;
  return keyValue(field, provider, value) ?? undefined;
}
