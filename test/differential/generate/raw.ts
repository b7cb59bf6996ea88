import type { Field } from "../../../packages/prisma/src/schema/data-model.js";
import type { RawWrite } from "../operation.js";
import { newScalars, NOTHING_GIVEN } from "./data.js";
import type { Scope } from "./scope.js";
import { isNeeded, type ModelShape } from "./shape.js";
import { keyIndex, valueAt } from "./values.js";

/** An `UPDATE`, `DELETE` or `INSERT` of the model's table, or `null` where SQL alone cannot spell its values. */
export function rawStatement(scope: Scope, model: ModelShape): RawWrite | null {
  const { random } = scope;
  const plain = model.scalars.filter(isPlain);
  const named = plain.filter(({ name }) => model.order.includes(name));
  if (named.length !== model.order.length || plain.length === 0) return null;
  const form = random.weighted({ UPDATE: 60, DELETE: 20, INSERT: model.canCreate ? 20 : 0 });
  if (form === "INSERT") return insert(scope, model, plain);
  const index = keyIndex(scope);
  const q = quoted(scope);
  const conditions = (random.chance(0.8) ? named : random.sample(plain, 1)).map(
    (field) => `${q(field.column)} = ${literal(scope, model, field, index)}`,
  );
  const where = `WHERE ${conditions.join(" AND ")}`;
  if (form === "DELETE") return { kind: "raw", sql: `DELETE FROM ${tableOf(scope, model)} ${where}` };
  const field = random.pick(plain);
  const value = literal(scope, model, field, random.chance(0.7) ? random.below(5) : keyIndex(scope));
  return { kind: "raw", sql: `UPDATE ${tableOf(scope, model)} SET ${q(field.column)} = ${value} ${where}` };
}

function insert(scope: Scope, model: ModelShape, plain: readonly Field[]): RawWrite | null {
  const row = newScalars(scope, model, NOTHING_GIVEN, "scalar");
  const fields = model.scalars.filter((field) => field.name in row || isFilledByPrisma(field));
  const names = new Set(plain.map(({ name }) => name));
  const isSpelled = (field: Field) => names.has(field.name) || field.type === "DateTime";
  if (fields.some((field) => isNeeded(field) && !isSpelled(field))) return null;
  const written = fields.filter(isSpelled);
  const values = written.map((field) =>
    field.type === "DateTime"
      ? "CURRENT_TIMESTAMP"
      : spell(scope, field, row[field.name] ?? valueAt(scope.shape, model, field, keyIndex(scope))),
  );
  const columns = written.map(({ column }) => quoted(scope)(column));
  return {
    kind: "raw",
    sql: `INSERT INTO ${tableOf(scope, model)} (${columns.join(", ")}) VALUES (${values.join(", ")})`,
  };
}

/** `@updatedAt`, `uuid()` and the like: the table itself has no such default. */
function isFilledByPrisma({ defaultValue, type, isNullable }: Field): boolean {
  return defaultValue === undefined && (type === "DateTime" || type === "String") && !isNullable;
}

function isPlain({ isList, kind, type }: Field): boolean {
  return !isList && (kind === "enum" || type === "Int" || type === "String" || type === "Boolean");
}

const literal = (scope: Scope, model: ModelShape, field: Field, index: number): string =>
  spell(scope, field, valueAt(scope.shape, model, field, index));

function spell({ shape }: Scope, field: Field, value: unknown): string {
  if (value === null) return "NULL";
  if (typeof value === "boolean") return shape.provider === "postgresql" ? String(value) : value ? "1" : "0";
  if (typeof value === "number") return String(value);
  const stored = field.kind === "enum" ? storedName(field, value as string) : (value as string);
  return `'${stored.replaceAll("'", "''")}'`;
}

/** As the column has it, where that is not the name in the schema. */
function storedName({ enumValues }: Field, name: string): string {
  return [...enumValues].find(([spelling, value]) => value === name && spelling !== name)?.[0] ?? name;
}

function quoted({ shape }: Scope): (name: string) => string {
  const mark = shape.provider === "mysql" ? "`" : '"';
  return (name) => mark + name + mark;
}

function tableOf(scope: Scope, { model }: ModelShape): string {
  const q = quoted(scope);
  return model.databaseSchema === null ? q(model.table) : `${q(model.databaseSchema)}.${q(model.table)}`;
}
