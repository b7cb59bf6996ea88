import { Generations, Room, type Tag } from "@evercache/core";
import { isRecord } from "../query/canonical.js";
import { impliedBy, type Implied } from "../query/equalities.js";
import type { DataModel, Field, Model } from "../schema/data-model.js";
import { keyValue } from "../schema/key-value.js";
import { keyTag, primaryKey, taggableKeys, type Key } from "../schema/paths.js";
import { trackedFields } from "../schema/tracked-fields.js";
import { changesByOneStatement } from "./asks-first.js";
import { plainTags } from "./plain-update.js";

type Values = Readonly<Record<string, unknown>>;

/** What a row of a model is remembered by: its primary key, where that is one Int, else the tag of that. */
type Name = number | Tag;

interface RememberedRow {
  readonly values: Values;
  /** What is recalled of it for its primary key alone, once that was asked for. */
  recalled?: Recollection | null;
}

/** What is remembered of a row besides the selector that it was asked for by. */
interface Recollection {
  /** These conditions stand beside the selector. */
  readonly more: Values;
  /** Prisma takes these in an `AND` only; null: there are none. */
  readonly besides: Values | null;
  /** What `Recalled.tags` said, once it was asked. */
  tags?: readonly Tag[] | null;
}

/** The selector of a row with what is remembered of it. */
export interface Recalled {
  /** Of the caller's own. */
  readonly where: Values;
  /** The tags that an update by this `where` changes, if its data moves none of them; null: they are not all known. */
  readonly tags: () => readonly Tag[] | null;
}

/** Of a list no more rows than these are looked at. */
const MOST_OF_A_RESULT = 200;

/**
 * The values by which readers find rows, as this process last saw them. A write to such a row says them in its `where`, so
 * that it needs no row to come back to know them. They may be out of date: the write then finds nothing, and is run as
 * it was given. Most processes read models that they never write: when so many rows of one are remembered as there is room for,
 * and none was written, no more are until one is.
 */
export class RowMemory {
  readonly #rows: ReadonlyMap<Model, Generations<Name, RememberedRow>>;
  /** The names of rows by the tags of their other keys. */
  readonly #names: Generations<Tag, Name>;
  readonly #dataModel: DataModel;
  /** How many rows of a model may yet be remembered while none is written. */
  readonly #unwritten = new Map<string, number>();
  readonly #most: number;

  /** `rows`: so many of those that were seen last are remembered, and twice as many at most; 0: none. */
  constructor(dataModel: DataModel, rows: number) {
    this.#dataModel = dataModel;
    this.#most = rows;
    const isOff = rows === 0 || !changesByOneStatement(dataModel);
    const room = new Room(2 * rows);
    const models = isOff ? [] : [...dataModel.models.values()];
    this.#rows = new Map(models.map((model) => [model, new Generations<Name, RememberedRow>(room)]));
    this.#names = new Generations(4 * rows);
  }

  /** Rows of a result, with those of the relations that it shows. */
  see(modelName: string, result: unknown): void {
    const model = this.#modelOf(modelName);
    if (!model) return;
    for (const row of rowsOf(result)) {
      if (!isRecord(row)) continue;
      this.#seeRow(model, row);
      this.#seeRelations(model, row);
    }
  }

  #seeRow(model: Model, row: Values): void {
    const name = this.#rowName(model, row);
    if (name === null) return;
    const known = this.#rows.get(model)!.get(name)?.values;
    if (known === undefined) {
      const left = this.#unwritten.get(model.name) ?? this.#most;
      if (left <= 0) return;
      this.#unwritten.set(model.name, left - 1);
    } else if (this.#isAsKnown(model, known, row)) return;
    this.#keep(model, name, known ?? {}, row);
  }

  /** A row as a write left it. `touched`: the columns that it wrote to. */
  seeWritten(modelName: string, where: unknown, result: unknown, touched: ReadonlySet<string>): void {
    const model = this.#modelOf(modelName);
    if (!model || !isRecord(result)) return;
    const rows = this.#rows.get(model)!;
    const isMoved = model.primaryKey?.some((column) => touched.has(column)) ?? true;
    const after = this.#rowName(model, result);
    const isKnown = !isMoved && after !== null && this.#isAsKnown(model, rows.get(after)?.values, result, touched);
    if (isKnown) return this.#seeRelations(model, result);
    const before = this.#nameOf(model, impliedBy(model, where));
    const untouched = Object.entries((before !== null && rows.get(before)?.values) || {}).filter(
      ([column]) => !touched.has(column),
    );
    if (before !== null) rows.delete(before);
    const name = after ?? (isMoved ? null : before);
    if (name !== null) this.#keep(model, name, Object.fromEntries(untouched), result);
    this.#seeRelations(model, result);
  }

  forget(modelName: string, where: unknown): void {
    const model = this.#modelOf(modelName);
    const name = model ? this.#nameOf(model, impliedBy(model, where)) : null;
    if (model && name !== null) this.#rows.get(model)!.delete(name);
  }

  /** A row of the model is updated or deleted: from now on, all that are seen are remembered. */
  expectWrites(modelName: string): void {
    this.#unwritten.set(modelName, Infinity);
  }

  /** What is remembered of the row that `where` selects. `null`: nothing, or the filter is not by columns alone. */
  recall(modelName: string, where: unknown): Recalled | null {
    const model = this.#modelOf(modelName);
    if (!model || !isRecord(where)) return null;
    // Read once: what is recalled belongs to the very values that are sent.
    const selector = { ...where };
    const recollection = this.#recollect(model, selector);
    if (!recollection) return null;
    const { more, besides } = recollection;
    const sent = besides === null ? { ...selector, ...more } : { ...selector, ...more, AND: [{ ...besides }] };
    return {
      where: sent,
      tags: () => {
        // Null is an answer, too.
        if (recollection.tags === undefined) recollection.tags = plainTags(this.#dataModel, model, sent);
        return recollection.tags;
      },
    };
  }

  #recollect(model: Model, where: Values): Recollection | null {
    const rows = this.#rows.get(model)!;
    const number = this.#onlyNumber(model, where);
    if (number === null) {
      const implied = impliedBy(model, where);
      const name = this.#nameOf(model, implied);
      const known = name === null ? undefined : rows.get(name);
      return known && isByColumns(model, where) ? recollectionOf(known.values, where, implied) : null;
    }
    // The same each time, until the row changes.
    const row = rows.get(number);
    if (row && row.recalled === undefined) row.recalled = recollectionOf(row.values, where, impliedBy(model, where));
    return row?.recalled ?? null;
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

  #keep(model: Model, name: Name, before: Values, row: Values): void {
    const known: Record<string, unknown> = {};
    for (const field of columnsOf(this.#dataModel, model)) {
      const value = Object.hasOwn(row, field.name) ? row[field.name] : before[field.name];
      if (value === null || keyValue(field, this.#dataModel.provider, value) !== null) known[field.name] = value;
    }
    this.#rows.get(model)!.set(name, { values: known });
    for (const key of taggableKeys(this.#dataModel, model)) {
      const tag = key.isPrimary ? null : keyTag(this.#dataModel, model, key, (field) => known[field]);
      if (tag) this.#names.set(tag, name);
    }
  }

  #seeRelations(model: Model, row: Values): void {
    for (const relation of model.relations.values()) {
      const shown = row[relation.field];
      if (shown !== undefined && shown !== null) this.see(relation.otherModel, shown);
    }
  }

  #modelOf(name: string): Model | undefined {
    const model = this.#dataModel.models.get(name);
    return model && this.#rows.has(model) ? model : undefined;
  }

  #nameOf(model: Model, { equal }: Implied): Name | null {
    const valueOf = (field: string): unknown => equal.get(field);
    for (const key of taggableKeys(this.#dataModel, model)) {
      if (key.isPrimary) {
        const name = nameByKey(this.#dataModel, model, key, valueOf);
        if (name !== null) return name;
        continue;
      }
      const tag = keyTag(this.#dataModel, model, key, valueOf);
      // Another row may have the value by now: what is known of this one is not found with it then.
      if (tag) return this.#names.get(tag) ?? null;
    }
    return null;
  }

  #rowName(model: Model, row: Values): Name | null {
    const key = primaryKey(this.#dataModel, model);
    return key ? nameByKey(this.#dataModel, model, key, (field) => row[field]) : null;
  }

  /** The name in a `where` that consists of that alone, and is a number. */
  #onlyNumber(model: Model, where: Values): number | null {
    const [column, ...others] = Object.keys(where);
    if (column === undefined || others.length > 0) return null;
    const key = primaryKey(this.#dataModel, model);
    return key ? numberOf(model, key, column, where[column]) : null;
  }
}

function recollectionOf(known: Values, where: Values, { equal }: Implied): Recollection | null {
  const more: Record<string, unknown> = {};
  const besides: Record<string, unknown> = {};
  let isMore = false;
  for (const column of Object.keys(known)) {
    if (equal.has(column)) continue;
    // Beside the selector, Prisma takes no null for a column that is unique by itself.
    const isBeside = known[column] === null || Object.hasOwn(where, column);
    (isBeside ? besides : more)[column] = known[column];
    isMore = true;
  }
  if (!isMore) return null;
  // What is not nested costs Prisma less.
  return { more, besides: Object.keys(besides).length === 0 ? null : besides };
}

function nameByKey(dataModel: DataModel, model: Model, key: Key, valueOf: (field: string) => unknown): Name | null {
  const [column = ""] = key.fields;
  return numberOf(model, key, column, valueOf(column)) ?? keyTag(dataModel, model, key, valueOf);
}

/** The value of a column, if that is the primary key by itself, and an Int. */
function numberOf(model: Model, { fields }: Key, column: string, value: unknown): number | null {
  if (fields.length > 1 || fields[0] !== column || model.fields.get(column)?.type !== "Int") return null;
  // A caller may write one as a BigInt.
  const number = typeof value === "bigint" ? Number(value) : value;
  return Number.isSafeInteger(number) ? (number as number) : null;
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
