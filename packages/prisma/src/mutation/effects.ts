import { fieldTag, modelTag, modelTags, rowTag, uniqueTag, type Tag } from "@evercache/core";
import { isRecord } from "../query/canonical.js";
import type { DataModel, Field, Model } from "../schema/data-model.js";
import { keyValues } from "../schema/key-value.js";
import { trackedValue } from "../schema/tracked-fields.js";
import { cascadeDelete, cascadeUpdate, connectedModels } from "./cascade.js";
import { Changes, MOST_ROWS, taggablePrimaryKey } from "./changes.js";
import { nestedWrites, NOTHING_GIVEN } from "./nested.js";
import { widen, type GlobalOmit } from "./returned-row.js";
import {
  changeCreatedRow,
  changeFilteredRows,
  nameCreatedRow,
  nameFilteredRows,
  nameSelectedRow,
  untouchedValues,
  type Unnamed,
} from "./selected-row.js";
import { NOTHING_TOUCHED, touchedBy, type Touched } from "./touched.js";

export interface Write {
  readonly model: string;
  readonly operation: string;
  readonly args: unknown;
  /** Of a fluent call: its result is not the row that was written. */
  readonly dataPath?: readonly string[] | undefined;
  /** What the client leaves out of results. */
  readonly globalOmit?: GlobalOmit | undefined;
  /** Whether result extensions may compute fields of the model. Left out: they may. */
  readonly isComputed?: boolean | undefined;
}

export interface WriteEffects {
  /** Rows behind these tags change, or may. */
  readonly changed: readonly Tag[];
  /** Cover the rows that only the result can name. */
  readonly fenced: readonly Tag[];
  /** The arguments to run: the returned row carries the keys that have to be learnt. */
  readonly args: unknown;
  /** Takes out of a result what was added to it, in place, and returns it. After `after`. */
  strip(result: unknown): unknown;
  /** What the result says. Whatever is in `fenced` and not in `unchanged` is changed. */
  after(result: unknown): { readonly changed: readonly Tag[]; readonly unchanged: readonly Tag[] };
}

/** What a write operation changes, in its own model and in others, from its arguments alone. */
export function effects(dataModel: DataModel, write: Write): WriteEffects {
  const changes = new Changes(dataModel);
  const model = dataModel.models.get(write.model);
  if (!model || !isRecord(write.args ?? {})) {
    changes.everything();
    return final(changes, write.args);
  }
  if (!dataModel.isPrecise) {
    for (const name of connectedModels(dataModel, model.name)) changes.all(name);
    return final(changes, write.args);
  }
  const args = (write.args ?? {}) as Readonly<Record<string, unknown>>;
  const unnamed = operationEffects(changes, model, write.operation, args);
  return unnamed ? withReturnedRow(changes, model, write, args, unnamed) : final(changes, write.args);
}

/** What is left to be learnt from the returned rows, where rows are returned. */
function operationEffects(
  changes: Changes,
  model: Model,
  operation: string,
  args: Readonly<Record<string, unknown>>,
): Unnamed | null {
  const { where, data } = args;
  switch (operation) {
    case "create":
      nestedWrites(changes, model, data ?? {}, "new", NOTHING_GIVEN);
      return { ...NAMED, fields: nameCreatedRow(changes, model, data ?? {}, NOTHING_GIVEN) };
    case "createMany":
      for (const row of rowsOf(data)) {
        changeCreatedRow(changes, model, row, NOTHING_GIVEN);
        nestedWrites(changes, model, row, "new", NOTHING_GIVEN);
      }
      return null;
    case "createManyAndReturn": {
      changes.any(model.name);
      const fields = new Set<Field>();
      for (const row of rowsOf(data)) {
        for (const field of nameCreatedRow(changes, model, row, NOTHING_GIVEN)) fields.add(field);
        nestedWrites(changes, model, row, "new", NOTHING_GIVEN);
      }
      return { ...NAMED, fields: [...fields] };
    }
    case "update":
      return selectedRowUpdated(changes, model, where, data);
    case "upsert": {
      nestedWrites(changes, model, args["create"] ?? {}, "new", NOTHING_GIVEN);
      const created = nameCreatedRow(changes, model, args["create"] ?? {}, NOTHING_GIVEN);
      const updated = selectedRowUpdated(changes, model, where, args["update"]);
      return { ...updated, fields: [...new Set([...created, ...updated.fields])] };
    }
    case "delete":
      cascadeDelete(changes, model);
      return nameSelectedRow(changes, model, where, NOTHING_TOUCHED);
    case "updateMany":
      changeFilteredRows(changes, model, where, manyTouched(changes, model, data));
      return null;
    case "updateManyAndReturn":
      return nameFilteredRows(changes, model, where, manyTouched(changes, model, data));
    case "deleteMany":
      cascadeDelete(changes, model);
      changeFilteredRows(changes, model, where, NOTHING_TOUCHED);
      return null;
    default:
      changes.everything();
      return null;
  }
}

function selectedRowUpdated(changes: Changes, model: Model, where: unknown, data: unknown): Unnamed {
  const touched = touchedBy(model, data);
  cascadeUpdate(changes, model, touched.fields);
  nestedWrites(changes, model, data, "existing", untouchedValues(model, where, touched));
  return nameSelectedRow(changes, model, where, touched);
}

function manyTouched(changes: Changes, model: Model, data: unknown): Touched {
  const touched = touchedBy(model, data);
  cascadeUpdate(changes, model, touched.fields);
  nestedWrites(changes, model, data, "existing", NOTHING_GIVEN);
  return touched;
}

function rowsOf(data: unknown): readonly unknown[] {
  return Array.isArray(data) ? data : [data ?? {}];
}

const NAMED: Unnamed = { isRowUnknown: false, uniques: [], fields: [] };

function withReturnedRow(
  changes: Changes,
  model: Model,
  write: Write,
  args: Readonly<Record<string, unknown>>,
  unnamed: Unnamed,
): WriteEffects {
  const { name } = model;
  const isCovered = changes.covers(name, "lookup");
  const uniques = isCovered ? [] : unnamed.uniques;
  const fields = isCovered ? [] : unnamed.fields;
  const isNamed = !unnamed.isRowUnknown && uniques.length + fields.length === 0;
  if (changes.covers(name, "all") || isNamed) return final(changes, write.args);
  const fence = modelTag(name, unnamed.isRowUnknown ? "all" : "lookup");
  if (write.dataPath && write.dataPath.length > 0) {
    if (unnamed.isRowUnknown) changes.all(name);
    else changes.lookup(name);
    return final(changes, write.args);
  }

  const { dataModel } = changes;
  const primaryKey = unnamed.isRowUnknown ? taggablePrimaryKey(dataModel, model) : null;
  const learnt = new Set([...(primaryKey ?? []), ...uniques.flat(), ...fields.map((field) => field.name)]);
  const widening = widen(model, args, [...learnt], write.globalOmit, write.isComputed ?? true);
  const isFailure = { changed: unnamed.isRowUnknown ? modelTags(name) : [fence], unchanged: [] };
  return {
    changed: changes.tags(),
    fenced: [fence],
    args: widening.args,
    strip: (result) => widening.strip(result),
    after: (result) => {
      const rows: readonly unknown[] = Array.isArray(result) ? result : [result];
      if (rows.length > MOST_ROWS) return isFailure;
      const tags = new Set<Tag>();
      for (const row of rows) {
        const named = isRecord(row) ? nameReturnedRow(dataModel, model, row, primaryKey, uniques, fields) : null;
        if (!named) return isFailure;
        for (const tag of named) tags.add(tag);
      }
      return { changed: [...tags].sort(), unchanged: [fence] };
    },
  };
}

/** `null` if the row does not say which it is. */
function nameReturnedRow(
  dataModel: DataModel,
  model: Model,
  row: Readonly<Record<string, unknown>>,
  primaryKey: readonly string[] | null,
  uniques: readonly (readonly string[])[],
  tracked: readonly Field[],
): Tag[] | null {
  const tags: Tag[] = [];
  const valueOf = (field: string) => row[field];
  if (primaryKey) {
    const values = keyValues(dataModel, model, primaryKey, valueOf);
    if (!values) return null;
    tags.push(rowTag(model.name, values));
  }
  for (const fields of uniques) {
    // Nobody finds a row by null.
    if (fields.some((field) => row[field] === null)) continue;
    const values = keyValues(dataModel, model, fields, valueOf);
    if (!values) return null;
    tags.push(
      uniqueTag(
        model.name,
        fields.map((field, i) => [field, values[i] ?? ""]),
      ),
    );
  }
  for (const field of tracked) {
    const value = trackedValue(field, dataModel.provider, row[field.name]);
    if (value === undefined) return null;
    tags.push(fieldTag(model.name, field.name, value));
  }
  return tags;
}

/** Everything is known beforehand. */
function final(changes: Changes, args: unknown): WriteEffects {
  return {
    changed: changes.tags(),
    fenced: [],
    args,
    strip: (result) => result,
    after: () => ({ changed: [], unchanged: [] }),
  };
}
