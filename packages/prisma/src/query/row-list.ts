import type { DataModel } from "../schema/data-model.js";
import { isReadExactly } from "../schema/key-value.js";
import { primaryKey } from "../schema/paths.js";
import { isAbsent, isDate, isDecimal, isRecord } from "./canonical.js";

type Values = Readonly<Record<string, unknown>>;

/** A list of whole rows, in which the columns say for certain which rows are in it, and at which places. */
export interface RowList {
  readonly primaryKey: readonly string[];
  /** A row in which none of these changes stays where it is. */
  readonly decisive: readonly string[];
}

/** `null`: a row may come, go or move without it showing in the columns of the row. */
export function rowListOf(
  dataModel: DataModel,
  { model: modelName, operation, args }: { readonly model: string; readonly operation: string; readonly args: unknown },
): RowList | null {
  const model = dataModel.models.get(modelName);
  const key = model && primaryKey(dataModel, model);
  if (!key || operation !== "findMany" || !isRecord(args)) return null;
  const { where, orderBy, take: _take, skip: _skip, ...others } = args;
  if (!Object.values(others).every(isAbsent)) return null;
  const columns = new Set<string>();
  if (!isByColumns(where, columns)) return null;
  const order = orderedBy(orderBy);
  // Of rows that are equal in the order, a database may choose anew after each write.
  if (!order || !key.fields.every((field) => order.includes(field))) return null;
  const decisive = [...new Set([...columns, ...order])];
  const isShown = (column: string) => {
    const field = model.fields.get(column);
    return field !== undefined && isReadExactly(field, dataModel.provider);
  };
  return decisive.every(isShown) ? { primaryKey: key.fields, decisive } : null;
}

/** The list in which a row has become this one; undefined where that is not to be told. */
export function withRow({ primaryKey: key, decisive }: RowList, list: unknown, row: unknown): unknown[] | undefined {
  if (!Array.isArray(list) || !isRecord(row)) return undefined;
  const rows = list as Values[];
  const isAlike = (one: Values, names: readonly string[]) => names.every((name) => isSame(one[name], row[name]));
  const place = rows.findIndex((each) => isAlike(each, key));
  const before = rows[place];
  if (!before || !isAlike(before, decisive)) return undefined;
  if (Object.keys(before).join() !== Object.keys(row).join()) return undefined;
  return rows.with(place, row);
}

/** Adds the columns by which a filter goes. False: it goes by more than they show. */
function isByColumns(where: unknown, columns: Set<string>): boolean {
  if (isAbsent(where)) return true;
  if (!isRecord(where)) return false;
  return Object.entries(where).every(([name, condition]) => {
    if (isAbsent(condition)) return true;
    if (name === "AND" || name === "OR" || name === "NOT") {
      return [condition].flat().every((part) => isByColumns(part, columns));
    }
    columns.add(name);
    return isPlain(condition);
  });
}

/** Null: not by columns alone. */
function orderedBy(orderBy: unknown): string[] | null {
  const names: string[] = [];
  for (const part of [orderBy].flat()) {
    if (!isRecord(part)) return null;
    for (const [name, direction] of Object.entries(part)) {
      if (isAbsent(direction)) continue;
      if (!isPlain(direction)) return null;
      names.push(name);
    }
  }
  return names;
}

/** A condition that looks at no other column, as a reference to one would. */
function isPlain(condition: unknown): boolean {
  if (Array.isArray(condition)) return condition.every(isPlain);
  if (isRecord(condition)) return Object.values(condition).every(isPlain);
  if (typeof condition === "function") return false;
  return typeof condition !== "object" || condition === null || isDate(condition) || isDecimal(condition);
}

function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (isDate(one) && isDate(other)) return one.getTime() === other.getTime();
  return isDecimal(one) && isDecimal(other) && one.toFixed() === other.toFixed();
}
