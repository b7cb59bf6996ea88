import { Generations, type Tag } from "@evercache/core";
import { isRecord } from "../query/canonical.js";
import { impliedBy, type Implied } from "../query/equalities.js";
import type { DataModel, Field, Model } from "../schema/data-model.js";
import { keyValue } from "../schema/key-value.js";
import { keyTag, primaryKey, taggableKeys } from "../schema/paths.js";
import { trackedFields } from "../schema/tracked-fields.js";
import { changesByOneStatement } from "./asks-first.js";

type Values = Readonly<Record<string, unknown>>;

/** Of a list no more rows than these are looked at. */
const MOST_OF_A_RESULT = 200;

/**
 * The values by which readers find rows, as this process last saw them. A write to such a row says them in its `where`, so
 * that it needs no row to come back to know them. They may be out of date: the write then finds nothing, and is run as
 * it was given. Most processes read models that they never write: when so many rows of one are remembered as there is room for,
 * and none was written, no more are until one is.
 */
export class RowMemory {
  readonly #rows: Generations<string, Values> | null;
  /** The names of rows by the tags of their other keys. */
  readonly #names: Generations<Tag, string> | null;
  readonly #dataModel: DataModel;
  /** How many rows of a model may yet be remembered while none is written. */
  readonly #room = new Map<string, number>();
  readonly #most: number;

  /** `rows`: so many of those that were seen last are remembered, and twice as many at most; 0: none. */
  constructor(dataModel: DataModel, rows: number) {
    this.#dataModel = dataModel;
    this.#most = rows;
    const isOff = rows === 0 || !changesByOneStatement(dataModel);
    this.#rows = isOff ? null : new Generations(2 * rows);
    this.#names = isOff ? null : new Generations(4 * rows);
  }

  /** Rows of a result, with those of the relations that it shows. */
  see(modelName: string, result: unknown): void {
    const model = this.#rows && this.#dataModel.models.get(modelName);
    if (!model) return;
    for (const row of rowsOf(result)) {
      if (!isRecord(row)) continue;
      this.#seeRow(model, row);
      this.#seeRelations(model, row);
    }
  }

  #seeRow(model: Model, row: Values): void {
    const name = this.#rowName(model, (field) => row[field]);
    if (name === null) return;
    const known = this.#rows?.get(name);
    if (known === undefined) {
      const room = this.#room.get(model.name) ?? this.#most;
      if (room <= 0) return;
      this.#room.set(model.name, room - 1);
    } else if (this.#isAsKnown(model, known, row)) return;
    this.#keep(model, name, known ?? {}, row);
  }

  /** A row as a write left it. `touched`: the columns that it wrote to. */
  seeWritten(modelName: string, where: unknown, result: unknown, touched: ReadonlySet<string>): void {
    const model = this.#rows && this.#dataModel.models.get(modelName);
    if (!model || !isRecord(result)) return;
    const isMoved = model.primaryKey?.some((column) => touched.has(column)) ?? true;
    const after = this.#rowName(model, (field) => result[field]);
    const isKnown = !isMoved && after !== null && this.#isAsKnown(model, this.#rows?.get(after), result, touched);
    if (isKnown) return this.#seeRelations(model, result);
    const before = this.#nameOf(model, impliedBy(model, where));
    const untouched = Object.entries((before !== null && this.#rows?.get(before)) || {}).filter(
      ([column]) => !touched.has(column),
    );
    if (before !== null) this.#rows?.delete(before);
    const name = after ?? (isMoved ? null : before);
    if (name !== null) this.#keep(model, name, Object.fromEntries(untouched), result);
    this.#seeRelations(model, result);
  }

  forget(modelName: string, where: unknown): void {
    const model = this.#rows && this.#dataModel.models.get(modelName);
    const name = model ? this.#nameOf(model, impliedBy(model, where)) : null;
    if (name !== null) this.#rows?.delete(name);
  }

  /** A row of the model is updated or deleted: from now on, all that are seen are remembered. */
  expectWrites(modelName: string): void {
    this.#room.set(modelName, Infinity);
  }

  /** `where` of one row with what is remembered of it besides. `null`: nothing, or the filter is not by columns alone. */
  recall(modelName: string, where: unknown): Values | null {
    const model = this.#rows && this.#dataModel.models.get(modelName);
    if (!model || !isRecord(where)) return null;
    const implied = impliedBy(model, where);
    const name = this.#nameOf(model, implied);
    const known = name === null ? undefined : this.#rows?.get(name);
    if (!known || !isByColumns(model, where)) return null;
    const more: Record<string, unknown> = {};
    const besides: Record<string, unknown> = {};
    let isMore = false;
    for (const column of Object.keys(known)) {
      if (implied.equal.has(column)) continue;
      // Beside the selector, Prisma takes no null for a column that is unique by itself.
      const isBeside = known[column] === null || Object.hasOwn(where, column);
      (isBeside ? besides : more)[column] = known[column];
      isMore = true;
    }
    if (!isMore) return null;
    // What is not nested costs Prisma less.
    return Object.keys(besides).length === 0 ? { ...where, ...more } : { ...where, ...more, AND: [besides] };
  }

  /** Whether a row is remembered as it is now: most were not changed since. `touched`: see `seeWritten`. */
  #isAsKnown(model: Model, known: Values | undefined, row: Values, touched?: ReadonlySet<string>): boolean {
    if (known === undefined) return false;
    for (const { name } of columnsOf(this.#dataModel, model)) {
      const isTold = Object.hasOwn(row, name);
      if (isTold ? row[name] !== known[name] : touched?.has(name) && known[name] !== undefined) return false;
    }
    return true;
  }

  #keep(model: Model, name: string, before: Values, row: Values): void {
    const known: Record<string, unknown> = {};
    for (const field of columnsOf(this.#dataModel, model)) {
      const value = Object.hasOwn(row, field.name) ? row[field.name] : before[field.name];
      if (value === null || keyValue(field, this.#dataModel.provider, value) !== null) known[field.name] = value;
    }
    this.#rows?.set(name, known);
    for (const key of taggableKeys(this.#dataModel, model)) {
      const tag = key.isPrimary ? null : keyTag(this.#dataModel, model, key, (field) => known[field]);
      if (tag) this.#names?.set(tag, name);
    }
  }

  #seeRelations(model: Model, row: Values): void {
    for (const relation of model.relations.values()) {
      const shown = row[relation.field];
      if (shown !== undefined && shown !== null) this.see(relation.otherModel, shown);
    }
  }

  #nameOf(model: Model, { equal }: Implied): string | null {
    for (const key of taggableKeys(this.#dataModel, model)) {
      const tag = keyTag(this.#dataModel, model, key, (field) => equal.get(field));
      // Another row may have the value by now: what is known of this one is not found with it then.
      if (tag) return key.isPrimary ? tag : (this.#names?.get(tag) ?? null);
    }
    return null;
  }

  #rowName(model: Model, valueOf: (field: string) => unknown): string | null {
    const key = primaryKey(this.#dataModel, model);
    return key ? keyTag(this.#dataModel, model, key, valueOf) : null;
  }
}

const columnsByModel = new WeakMap<Model, readonly Field[]>();

/** Those by which readers find rows, and whose value in a row can be asked for again as it is. */
function columnsOf(dataModel: DataModel, model: Model): readonly Field[] {
  let columns = columnsByModel.get(model);
  if (!columns) {
    const names = new Set([
      ...taggableKeys(dataModel, model).flatMap(({ fields }) => fields),
      ...trackedFields(dataModel, model).map(({ name }) => name),
    ]);
    columns = [...names].flatMap((name) => {
      const field = model.fields.get(name);
      return field && isPlain(field) ? [field] : [];
    });
    columnsByModel.set(model, columns);
  }
  return columns;
}

const PLAIN: ReadonlySet<string> = new Set(["Int", "BigInt", "Boolean", "String"]);

function isPlain({ kind, type, enumValues }: Field): boolean {
  if (kind === "enum") return [...enumValues].every(([spelling, name]) => spelling === name);
  return PLAIN.has(type);
}

function isByColumns(model: Model, where: Values): boolean {
  return Object.keys(where).every((name) => {
    if (model.selectors.has(name)) return true;
    const field = model.fields.get(name);
    return field !== undefined && field.kind !== "relation";
  });
}

function rowsOf(result: unknown): readonly unknown[] {
  return Array.isArray(result) ? result.slice(0, MOST_OF_A_RESULT) : [result];
}
