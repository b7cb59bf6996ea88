import { DbNull, JsonNull } from "@prisma/client/runtime/client";
import type { Field } from "../../../packages/prisma/src/schema/data-model.js";
import type { Random } from "../random.js";
import type { Scope } from "./scope.js";
import { modelOf, type ModelShape, type Shape } from "./shape.js";

/** Values of a key, and how many of them a fresh database has. */
export const KEYS = 18;
export const SEEDED = 8;
/** Differs from another key by its case alone: to some databases that is the same. */
export const FOLDED = "K1";

/** The value of a key that a read or a write names: mostly one that there is. */
export function keyIndex({ random, reach }: Scope): number {
  return random.chance(reach) ? random.below(SEEDED) : SEEDED + random.below(KEYS - SEEDED);
}

/** The value of a key that a new row gets: mostly one that there is not. */
export function newKeyIndex(random: Random): number {
  return random.chance(0.06) ? random.below(SEEDED) : SEEDED + random.below(KEYS - SEEDED);
}

/** A value of the field: of a foreign key, one that the other side may have. */
export function valueAt(shape: Shape, { name: model }: ModelShape, field: Field, index: number): unknown {
  const origin = originOf(shape, model, field.name);
  const { model: holder, foreignKeys, keyFields } = modelOf(shape, origin.model);
  const source = holder.fields.get(origin.field) ?? field;
  const isKey = keyFields.has(source.name) || foreignKeys.has(source.name);
  return plainValue(source, index, isKey);
}

/** Some value of the field, or none where it may be without. */
export function anyValue(scope: Scope, model: ModelShape, field: Field): unknown {
  const { shape, random } = scope;
  if (field.isList) return listValue(shape, model, field, random);
  if (field.isNullable && random.chance(0.2)) return nullOf(field);
  const isReference = model.keyFields.has(field.name) || model.foreignKeys.has(field.name);
  return valueAt(shape, model, field, isReference ? keyIndex(scope) : random.below(5));
}

export function listValue(shape: Shape, model: ModelShape, field: Field, random: Random): unknown[] {
  return Array.from({ length: random.below(4) }, () => elementValue(shape, model, field, random));
}

/** A value in a list: there, JSON has no null. */
export function elementValue(shape: Shape, model: ModelShape, field: Field, random: Random): unknown {
  return valueAt(shape, model, field, random.below(4));
}

/** How a column is emptied. */
export function nullOf(field: Field): unknown {
  return field.type === "Json" ? DbNull : null;
}

function originOf(shape: Shape, model: string, field: string): { model: string; field: string } {
  const seen = new Set<string>();
  let at = { model, field };
  for (;;) {
    const spelled = `${at.model}.${at.field}`;
    const relation = [...(shape.dataModel.models.get(at.model)?.relations.values() ?? [])].find(
      ({ holdsForeignKey, fields, otherModel }) =>
        holdsForeignKey && fields.includes(at.field) && shape.models.has(otherModel),
    );
    if (!relation || seen.has(spelled)) return at;
    seen.add(spelled);
    at = { model: relation.otherModel, field: relation.references[relation.fields.indexOf(at.field)] as string };
  }
}

function plainValue(field: Field, index: number, isKey: boolean): unknown {
  if (field.kind === "enum") {
    const names = [...new Set(field.enumValues.values())];
    return names[index % names.length];
  }
  switch (field.type) {
    case "Boolean":
      return index % 2 === 0;
    case "Int":
      return isKey ? index + 1 : index;
    case "BigInt":
      // The last one is no number of JavaScript.
      return index === KEYS - 1 ? 9_007_199_254_740_993n : BigInt(isKey ? index + 1 : index);
    case "Float":
      // Sums of these are exact, in whatever order they are added.
      return index / 2 - 1;
    case "Decimal":
      return `${index}.50`;
    case "DateTime":
      return field.nativeType?.startsWith("Time") && !field.nativeType.startsWith("Timestamp")
        ? new Date(Date.UTC(1970, 0, 1, index))
        : new Date(Date.UTC(2024, 0, 1 + index));
    case "Bytes":
      return Uint8Array.of(index, 255);
    case "Json":
      return [{ a: 1 }, { a: 2, b: ["x", null] }, [1, 2], "text", JsonNull][index % 5];
    default:
      return text(field, index, isKey);
  }
}

function text(field: Field, index: number, isKey: boolean): string {
  switch (field.nativeType) {
    case "Uuid":
      return `00000000-0000-4000-8000-0000000000${index.toString(16).padStart(2, "0")}`;
    case "Inet":
      return `10.0.0.${index + 1}`;
    case "Bit":
    case "VarBit":
      return "1";
    case "Xml":
      return `<a>${index}</a>`;
    default:
  }
  if (isKey) return index === KEYS - 1 ? FOLDED : `k${index.toString(36)}`;
  return ["a", "b", "A", "ab", ""][index % 5] as string;
}
