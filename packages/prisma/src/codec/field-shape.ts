import type { Field } from "../schema/data-model.js";
import type { Column, ScalarType, Shape } from "./shape.js";

const TYPES: ReadonlyMap<string, ScalarType> = new Map<string, ScalarType>([
  ["Int", "number"],
  ["Float", "number"],
  ["BigInt", "bigint"],
  ["Decimal", "decimal"],
  ["Boolean", "boolean"],
  ["String", "text"],
  ["DateTime", "date"],
  ["Bytes", "bytes"],
  ["Json", "json"],
]);

/** What one value of a scalar field is. `null`: a type that is not known. */
export function scalarOf({ kind, type }: Field): ScalarType | null {
  return kind === "enum" ? "text" : kind === "scalar" ? (TYPES.get(type) ?? null) : null;
}

/** The column of a scalar field. */
export function columnOf(field: Field, isOptional: boolean): Column | null {
  const type = scalarOf(field);
  if (!type) return null;
  const value: Shape = { kind: type };
  // A list that the database does not have is an empty one.
  return field.isList
    ? { name: field.name, shape: { kind: "list", of: value }, isNullable: false, isOptional }
    : { name: field.name, shape: value, isNullable: field.isNullable, isOptional };
}
