import { anyTag, isModelTag, isNewTag, tagGroup, type Effects, type Tag } from "@evercache/core";
import { isRecord } from "../query/canonical.js";
import { impliedBy } from "../query/equalities.js";
import type { DataModel, Model } from "../schema/data-model.js";
import { pathFields } from "../schema/path-fields.js";
import { taggableKeys } from "../schema/paths.js";
import { twinOf } from "../schema/volatile.js";
import { MOST_ROWS } from "./changes.js";
import { originsOf } from "./origins.js";
import { touchedBy } from "./touched.js";

interface ModelWrite {
  readonly model: string;
  readonly operation: string;
  readonly args: unknown;
}

/** Why a write changes or fences those of its tags that stand for more than one row or value. For people. */
export function reasonsOfWrite(
  dataModel: DataModel,
  write: ModelWrite,
  { changed, fenced }: Effects,
): Readonly<Record<string, string>> {
  const model = dataModel.models.get(write.model);
  if (!model) return {};
  const reasons = new WriteReasons(dataModel, model, write);
  return Object.fromEntries([
    ...entries(changed, (tag) => reasons.ofChanged(tag)),
    ...entries(fenced, (tag) => reasons.ofFenced(tag)),
  ]);
}

/** The same of a statement in SQL. */
export function reasonsOfRaw(
  dataModel: DataModel,
  sql: string | null,
  changed: readonly Tag[],
): Readonly<Record<string, string>> {
  const text = sql?.toLowerCase();
  const tables = new Map<string, string>();
  for (const model of dataModel.models.values()) {
    tables.set(model.name, model.table);
    for (const { joinModel, joinTable } of model.relations.values())
      if (joinModel) tables.set(joinModel, joinTable ?? "");
  }
  const reasonOf = (tag: Tag): string | null => {
    // It names these rows.
    if (!isModelTag(tag)) return null;
    const table = tables.get(tagGroup(tag)) ?? "";
    return text?.includes(table.toLowerCase())
      ? `the SQL names ${table}, and does not tell which of its rows change`
      : "rows that may follow those that the SQL changes, or the SQL is not understood";
  };
  return Object.fromEntries(entries(changed, reasonOf));
}

function entries(tags: readonly Tag[], reasonOf: (tag: Tag) => string | null): [string, string][] {
  return tags.flatMap((tag) => {
    const reason = reasonOf(tag);
    return reason === null ? [] : [[tag, reason] as [string, string]];
  });
}

class WriteReasons {
  readonly #dataModel: DataModel;
  readonly #model: Model;
  readonly #write: ModelWrite;
  readonly #origins: ReadonlyMap<string, string>;
  readonly #isMany: boolean;

  constructor(dataModel: DataModel, model: Model, write: ModelWrite) {
    this.#dataModel = dataModel;
    this.#model = model;
    this.#write = write;
    this.#origins = originsOf(dataModel, model, write.operation, write.args);
    this.#isMany = namesMany(dataModel, model, write.args);
  }

  ofFenced(tag: Tag): string {
    if (isNewTag(tag)) return "the keys of the new row are known only when it comes back";
    return `the ${this.#path(tag)} of the row is known only when it comes back`;
  }

  ofChanged(tag: Tag): string | null {
    const group = tagGroup(tag);
    const name = twinOf(group) ?? group;
    if (tag === anyTag(group)) {
      if (twinOf(group) !== null) return `${this.#write.operation} of volatile columns alone`;
      return this.#origins.get(name) ?? NOT_UNDERSTOOD;
    }
    if (isNewTag(tag)) {
      const unknown = "a key that a row may get is not known beforehand";
      return name === this.#model.name ? unknown : `${this.#origins.get(name)}: ${unknown}`;
    }
    const fields = pathFields(this.#dataModel, tag);
    if (!fields) return null;
    if (!this.#dataModel.isPrecise) return "the schema's text is not known, so that no column is known to be a key";
    if (name !== this.#model.name)
      return `${this.#origins.get(name) ?? NOT_UNDERSTOOD}; not known of them: ${fields.join(" and ")}`;
    return this.#ofOwnPath(fields);
  }

  #ofOwnPath(fields: readonly string[]): string {
    const { operation } = this.#write;
    const path = fields.join(" and ");
    const written = this.#writtenOf(fields);
    if (written !== null) return `${written} is written, and its value before is not known`;
    if (this.#isMany) return `more than ${MOST_ROWS} rows`;
    if (operation.startsWith("create")) return `the ${path} of a new row is not known, and none comes back`;
    return operation.endsWith("Many")
      ? `the filter does not say the ${path} of the rows, and none comes back`
      : `the ${path} of the row is not known`;
  }

  /** One of these columns that an update writes to. */
  #writtenOf(columns: readonly string[]): string | null {
    const { operation, args } = this.#write;
    if (!operation.startsWith("up") || !isRecord(args)) return null;
    const { fields } = touchedBy(this.#dataModel, this.#model, operation === "upsert" ? args["update"] : args["data"]);
    return columns.find((column) => fields.has(column)) ?? null;
  }

  #path(tag: Tag): string {
    return pathFields(this.#dataModel, tag)?.join(" and ") ?? "key";
  }
}

const NOT_UNDERSTOOD = "the write is not understood, so that it may change anything";

/** More rows than a write names one by one. */
function namesMany(dataModel: DataModel, model: Model, args: unknown): boolean {
  if (!isRecord(args)) return false;
  if (Array.isArray(args["data"]) && args["data"].length > MOST_ROWS) return true;
  const { oneOf } = impliedBy(model, args["where"]);
  const columns = new Set(taggableKeys(dataModel, model).flatMap(({ fields }) => fields));
  return [...oneOf].some(([column, values]) => columns.has(column) && values.length > MOST_ROWS);
}
