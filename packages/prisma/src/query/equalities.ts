import type { Model } from "../schema/data-model.js";
import { isAbsent, isDate, isDecimal, isRecord } from "./canonical.js";

/** What a filter says for certain of every row that it lets through, by field. */
export interface Implied {
  readonly equal: ReadonlyMap<string, unknown>;
  /** The value is one of these. */
  readonly oneOf: ReadonlyMap<string, readonly unknown[]>;
}

/** Only what stands in conjunction counts: properties side by side, `AND`, and compound selectors. */
export function impliedBy(model: Model, where: unknown): Implied {
  const equal = new Map<string, unknown>();
  const oneOf = new Map<string, readonly unknown[]>();
  collect(model, where, equal, oneOf);
  return { equal, oneOf };
}

function collect(
  model: Model,
  where: unknown,
  equal: Map<string, unknown>,
  oneOf: Map<string, readonly unknown[]>,
): void {
  if (!isRecord(where)) return;
  for (const [name, value] of Object.entries(where)) {
    if (isAbsent(value)) continue;
    if (name === "AND") {
      for (const part of Array.isArray(value) ? value : [value]) collect(model, part, equal, oneOf);
      continue;
    }
    const kind = model.fields.get(name)?.kind;
    if (kind === "relation") continue;
    if (kind !== undefined) addCondition(name, value, equal, oneOf);
    else if (isRecord(value)) {
      for (const field of model.selectors.get(name) ?? []) addCondition(field, value[field], equal, oneOf);
    }
  }
}

function addCondition(
  field: string,
  condition: unknown,
  equal: Map<string, unknown>,
  oneOf: Map<string, readonly unknown[]>,
): void {
  if (isKeyValue(condition)) return setOnce(equal, field, condition);
  // With a mode, an equality is one of its own kind.
  if (!isRecord(condition) || !isAbsent(condition["mode"])) return;
  const { equals, in: list } = condition;
  if (isKeyValue(equals)) setOnce(equal, field, equals);
  if (Array.isArray(list)) setOnce(oneOf, field, list);
}

function setOnce<Value>(map: Map<string, Value>, field: string, value: Value): void {
  if (!map.has(field)) map.set(field, value);
}

/** A value that a key may have, or `null`. Other types are never spelled, see `keyValue`. */
function isKeyValue(value: unknown): boolean {
  return (
    value === null ||
    typeof value === "string" ||
    typeof value === "number" ||
    typeof value === "bigint" ||
    typeof value === "boolean" ||
    isDate(value) ||
    isDecimal(value)
  );
}
