import type { Tag } from "@evercache/core";
import type { DataModel, Model } from "../schema/data-model.js";
import { cascadeDelete, cascadeUpdate, connectedModels } from "./cascade.js";
import { Changes } from "./changes.js";
import { NOTHING_KNOWN } from "./known.js";
import { changedBy } from "./raw-change.js";
import { readChange } from "./sql-change.js";
import { readQuery } from "./sql-query.js";
import { readStatements } from "./sql-statements.js";
import { everythingTouched } from "./touched.js";
import { RAW_TAG } from "../query/raw-source.js";

/** SQL, as far as it is known. */
export interface RawSql {
  /** `null`: in a shape that is not known. */
  readonly text: string | null;
  /** Of its parameters. `null`: they are not known. */
  readonly values: readonly unknown[] | null;
}

/**
 * What a raw statement changes. Every table that it names counts as written to, with the rows that the database changes
 * along with them: all rows, unless it is one INSERT, UPDATE or DELETE that says more. Where a statement writes and not
 * all of it is understood, that is every model.
 */
export function rawEffects(dataModel: DataModel, { text, values }: RawSql): Tag[] | "reads-only" {
  const { provider } = dataModel;
  const tables = tablesOf(dataModel);
  const found = text === null ? "unclear" : readStatements(text, provider, (name) => tables.has(name));
  if (found === "reads-only") return found;
  const changes = new Changes(dataModel);
  if (found === "unclear") {
    changes.everything();
    return changes.tags();
  }
  // What a statement over several tables is, `readChange` does not take.
  const isSimple = text !== null && dataModel.isPrecise && SIMPLE_FORMS.has(provider);
  const change = isSimple ? readChange(text, provider, values) : null;
  const model = change && tables.get(change.table)?.length === 1 ? tables.get(change.table)?.[0]?.model : null;
  const tags = change && model && found.has(change.table) ? changedBy(changes, model, change) : null;
  if (tags) return tags;
  for (const name of found) for (const table of tables.get(name) ?? []) tableWritten(changes, table);
  return changes.tags();
}

/**
 * The models that a query in SQL reads, as far as they are recognised, and the join tables, by the names that they have in
 * tags; or why its result is not to be kept.
 */
export function rawReads(
  dataModel: DataModel,
  sql: string,
): { readonly models: readonly string[]; readonly joins: readonly string[] } | { readonly refused: string } {
  const tables = tablesOf(dataModel);
  const reading = readQuery(sql, dataModel.provider, (name) => tables.has(name));
  if ("refused" in reading) return reading;
  const read = [...reading.tables].flatMap((name) => tables.get(name) ?? []);
  const namesOf = (isModel: boolean) =>
    read.filter(({ model }) => (model !== null) === isModel).map(({ name }) => name);
  return { models: namesOf(true), joins: namesOf(false) };
}

/** Those whose simple statements `readChange` knows. SQL Server's may write to a second table: OUTPUT … INTO. */
const SIMPLE_FORMS: ReadonlySet<string> = new Set(["cockroachdb", "mysql", "postgresql", "sqlite"]);

/** What a table is in tags. */
interface Table {
  readonly name: string;
  readonly model: Model | null;
}

/** By the name in the database, in lower case. A view is no table: nobody knows what a write to it changes. */
function tablesOf(dataModel: DataModel): ReadonlyMap<string, readonly Table[]> {
  const known = tablesByModel.get(dataModel);
  if (known) return known;
  const tables = new Map<string, Table[]>();
  const add = (tableName: string, table: Table) => {
    const key = tableName.toLowerCase();
    const same = tables.get(key);
    if (!same) tables.set(key, [table]);
    else if (!same.some(({ name }) => name === table.name)) same.push(table);
  };
  for (const model of dataModel.models.values()) {
    if (!model.isView) add(model.table, { name: model.name, model });
    for (const { joinTable, joinModel } of model.relations.values()) {
      if (joinTable !== null && joinModel !== null) add(joinTable, { name: joinModel, model: null });
    }
  }
  tablesByModel.set(dataModel, tables);
  return tables;
}

const tablesByModel = new WeakMap<DataModel, ReadonlyMap<string, readonly Table[]>>();

function tableWritten(changes: Changes, { name, model }: Table): void {
  changes.all(name);
  if (!model) return;
  if (!changes.dataModel.isPrecise) {
    for (const connected of connectedModels(changes.dataModel, name)) changes.all(connected);
    return;
  }
  cascadeDelete(changes, model, NOTHING_KNOWN);
  cascadeUpdate(changes, model, NOTHING_KNOWN, everythingTouched(model));
}

/** The tags of every model, and of SQL that named none, for a change of which nothing is known. */
export function tagsOfEverything(dataModel: DataModel): Tag[] {
  const changes = new Changes(dataModel);
  changes.everything();
  return [...changes.tags(), RAW_TAG];
}

/** A raw operation as a query extension sees its arguments. */
export function sqlOf(operation: string, args: unknown): RawSql {
  if (!/^\$(?:execute|query)Raw/.test(operation)) return { text: null, values: null };
  return { text: textOf(args), values: valuesOf(args) };
}

function valuesOf(args: unknown): readonly unknown[] | null {
  if (Array.isArray(args)) {
    const [first, ...others] = args as readonly unknown[];
    // `[sql, …values]`, or the one object that holds both.
    return typeof first === "object" && !Array.isArray(first) ? valuesOf(first) : others;
  }
  const { values } = (args ?? {}) as { values?: unknown };
  return Array.isArray(values) ? values : null;
}

function textOf(args: unknown): string | null {
  if (typeof args === "string") return args;
  if (typeof args !== "object" || args === null) return null;
  // `[sql, …values]` of the Unsafe operations, or `[strings, …values]` of a template.
  if (Array.isArray(args)) {
    const first: unknown = args[0];
    if (Array.isArray(first)) return joined(first);
    return typeof first === "string" || !Array.isArray(first) ? textOf(first) : null;
  }
  const { strings, sql, text } = args as { strings?: unknown; sql?: unknown; text?: unknown };
  if (Array.isArray(strings)) return joined(strings);
  if (typeof sql === "string") return sql;
  return typeof text === "string" ? text : null;
}

function joined(strings: readonly unknown[]): string | null {
  return strings.every((part) => typeof part === "string") ? strings.join(" ? ") : null;
}
