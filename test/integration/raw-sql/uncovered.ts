import { anyTag, fieldTag, pathTag } from "@evercache/core";
import type { DataModel, Field, Model } from "../../../packages/prisma/src/schema/data-model.js";
import { keyTag, taggableKeys } from "../../../packages/prisma/src/schema/paths.js";
import { trackedFields, trackedValue } from "../../../packages/prisma/src/schema/tracked-fields.js";
import type { Row } from "./driver.js";
import type { Change } from "./shop.js";

/**
 * What somebody may have cached of these rows, and is not told that it changed: found by a key or not found by it, or listed by
 * the value of a column. None where the tags are right.
 */
export function uncovered(dataModel: DataModel, tags: ReadonlySet<string>, name: string, change: Change): string[] {
  const model = dataModel.models.get(name);
  const wanted: (readonly string[])[] = [[anyTag(name)]];
  if (model) {
    wanted.push(...ofKeys(dataModel, model, change));
    for (const field of trackedFields(dataModel, model)) {
      for (const row of [...change.gone, ...change.come]) {
        const value = trackedValue(field, dataModel.provider, valueIn(row, field));
        if (value !== undefined) wanted.push([fieldTag(name, field.name, value), pathTag(name, [field.name])]);
      }
    }
  }
  return wanted.filter((oneOf) => !oneOf.some((tag) => tags.has(tag))).map((oneOf) => oneOf.join(" or "));
}

function* ofKeys(dataModel: DataModel, model: Model, { before, gone, come }: Change): Generator<readonly string[]> {
  for (const key of taggableKeys(dataModel, model)) {
    const tagOf = (row: Row) => {
      const valueOf = (field: string) => valueIn(row, model.fields.get(field) as Field);
      return keyTag(dataModel, model, key, valueOf);
    };
    const known = new Set(before.map(tagOf));
    for (const row of [...gone, ...come]) {
      const tag = tagOf(row);
      if (tag) yield [tag, known.has(tag) ? key.path : key.added];
    }
  }
}

/** Databases without a type for truth store it as a number. */
function valueIn(row: Row, { column, type }: Field): unknown {
  const value = row[column];
  return type === "Boolean" && (typeof value === "number" || typeof value === "bigint") ? value != 0 : value;
}
