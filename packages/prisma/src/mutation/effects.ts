import { fieldTag, tagGroup, type Tag } from "@evercache/core";
import { isAbsent, isRecord } from "../query/canonical.js";
import { impliedBy } from "../query/equalities.js";
import type { DataModel, Model } from "../schema/data-model.js";
import { keyTag, linkTag } from "../schema/paths.js";
import { trackedValue } from "../schema/tracked-fields.js";
import { areVolatile, twinsOf } from "../schema/volatile.js";
import { asksFirst } from "./asks-first.js";
import { cascadeDelete, cascadeUpdate, connectedModels } from "./cascade.js";
import { Changes, MOST_ROWS } from "./changes.js";
import type { Known } from "./known.js";
import { nestedWrites } from "./nested.js";
import { newRow, updatedRow } from "./parent-row.js";
import { plainUpdate } from "./plain-update.js";
import { widen, type GlobalOmit } from "./returned-row.js";
import { changeRows, cover, nameCreatedRow, nameRows, type Unnamed } from "./selected-row.js";
import { NOTHING_TOUCHED, touchedBy } from "./touched.js";

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
  /** Tells the tags of the row, where the row memory recalled them with the `where`. */
  readonly recalledTags?: (() => readonly Tag[] | null) | undefined;
}

export interface WriteEffects {
  /** Rows behind these tags change, or may. */
  readonly changed: readonly Tag[];
  /** Cover the rows that only the result can name. */
  readonly fenced: readonly Tag[];
  /** What is said here holds only if `fenced` is locked before the statement runs; else whatever is fenced is changed. */
  readonly isCertainOnlyBehindFence?: boolean;
  /** The arguments to run: the returned row carries the keys that have to be learnt. */
  readonly args: unknown;
  /** Takes out of a result what was added to it, in place, and returns it. After `after`. */
  strip(result: unknown): unknown;
  /** What the result says. Whatever is in `fenced` and not in `unchanged` is changed. */
  after(result: unknown): { readonly changed: readonly Tag[]; readonly unchanged: readonly Tag[] };
}

/** What a write operation changes, in its own model and in others, from its arguments alone. */
export function effects(dataModel: DataModel, write: Write): WriteEffects {
  const model = dataModel.models.get(write.model);
  const plain =
    model && write.operation === "update" && dataModel.isPrecise
      ? plainUpdate(dataModel, model, write.args, write.recalledTags)
      : null;
  return plain ? settled(plain, write.args) : workedOut(dataModel, write);
}

/** The same, of any write, from what each of its parts does. */
export function workedOut(dataModel: DataModel, write: Write): WriteEffects {
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
  const returned = withReturnedRow(changes, model, write, args, unnamed);
  const isUncertain = asksFirst(dataModel, model, write.operation, args);
  const written = isUncertain ? fencing(returned, changes.pathsOfOldValues()) : returned;
  return isVolatile(dataModel, model, write.operation, args["data"]) ? ofTwin(model, written) : written;
}

/** The same, with further paths locked until it is done. */
function fencing(written: WriteEffects, paths: readonly Tag[]): WriteEffects {
  return {
    ...written,
    fenced: [...new Set([...written.fenced, ...paths])].sort(),
    isCertainOnlyBehindFence: true,
    after: (result) => {
      const { changed, unchanged } = written.after(result);
      return { changed, unchanged: [...new Set([...unchanged, ...paths])].sort() };
    },
  };
}

const UPDATES: ReadonlySet<string> = new Set(["update", "updateMany", "updateManyAndReturn"]);

/** Whether only columns change of which the user says that few look at them. */
function isVolatile(dataModel: DataModel, model: Model, operation: string, data: unknown): boolean {
  if (!UPDATES.has(operation) || !isRecord(data)) return false;
  const names = Object.keys(data).filter((name) => !isAbsent(data[name]));
  return areVolatile(model, names) && touchedBy(dataModel, model, data).fields.size > 0;
}

/** The same for the twin of the model, which stands for its volatile columns. */
function ofTwin(model: Model, written: WriteEffects): WriteEffects {
  const twins = (tags: readonly Tag[]) => twinsOf(model, tags);
  return {
    ...written,
    changed: twins(written.changed),
    fenced: twins(written.fenced),
    after: (result) => {
      const { changed, unchanged } = written.after(result);
      return { changed: twins(changed), unchanged: twins(unchanged) };
    },
  };
}

/** What is left to be learnt from the returned rows, where rows are returned. */
function operationEffects(
  changes: Changes,
  model: Model,
  operation: string,
  args: Readonly<Record<string, unknown>>,
): readonly Unnamed[] {
  const { where, data } = args;
  const known = impliedBy(model, where);
  switch (operation) {
    case "create":
      return rowCreated(changes, model, data ?? {});
    case "createMany":
      for (const row of rowsOf(data)) cover(changes, rowCreated(changes, model, row));
      return [];
    case "createManyAndReturn":
      changes.any(model.name);
      return rowsOf(data).flatMap((row) => rowCreated(changes, model, row));
    case "update":
    case "updateManyAndReturn":
      return rowsUpdated(changes, model, known, data);
    case "upsert": {
      const created = rowCreated(changes, model, args["create"] ?? {});
      return [...created, ...rowsUpdated(changes, model, known, args["update"])];
    }
    case "delete":
      cascadeDelete(changes, model, known);
      return nameRows(changes, model, known, NOTHING_TOUCHED);
    case "updateMany":
      cover(changes, rowsUpdated(changes, model, known, data));
      return [];
    case "deleteMany":
      cascadeDelete(changes, model, known);
      changeRows(changes, model, known, NOTHING_TOUCHED);
      return [];
    default:
      changes.everything();
      return [];
  }
}

const NOTHING_GIVEN: ReadonlyMap<string, unknown> = new Map();

function rowCreated(changes: Changes, model: Model, data: unknown): Unnamed[] {
  const links = nestedWrites(changes, model, data, newRow(changes.dataModel, model, data, NOTHING_GIVEN));
  return [...nameCreatedRow(changes, model, data, NOTHING_GIVEN), ...links];
}

function rowsUpdated(changes: Changes, model: Model, known: Known, data: unknown): Unnamed[] {
  const touched = touchedBy(changes.dataModel, model, data);
  cascadeUpdate(changes, model, known, touched);
  const links = nestedWrites(changes, model, data, updatedRow(known, touched));
  return [...nameRows(changes, model, known, touched), ...links];
}

function rowsOf(data: unknown): readonly unknown[] {
  return Array.isArray(data) ? data : [data ?? {}];
}

function withReturnedRow(
  changes: Changes,
  model: Model,
  write: Write,
  args: Readonly<Record<string, unknown>>,
  unnamed: readonly Unnamed[],
): WriteEffects {
  const { dataModel } = changes;
  const learnt = unnamed.filter(({ fence }) => !changes.covers(tagGroup(fence), fence));
  if (learnt.length === 0) return final(changes, write.args);
  const fenced = [...new Set(learnt.map(({ fence }) => fence))].sort();
  if (write.dataPath && write.dataPath.length > 0) {
    cover(changes, learnt);
    return final(changes, write.args);
  }

  const columns = learnt.flatMap((one) => {
    if ("key" in one) return one.key.fields;
    return "field" in one ? [one.field.name] : (model.primaryKey ?? []);
  });
  const widening = widen(model, args, [...new Set(columns)], write.globalOmit, write.isComputed ?? true);
  const isFailure = { changed: fenced, unchanged: [] };
  return {
    changed: changes.tags(),
    fenced,
    args: widening.args,
    strip: (result) => widening.strip(result),
    after: (result) => {
      const rows: readonly unknown[] = Array.isArray(result) ? result : [result];
      if (rows.length > MOST_ROWS) return isFailure;
      const tags = new Set<Tag>();
      for (const row of rows) {
        const named = isRecord(row) ? nameReturnedRow(dataModel, model, row, learnt) : null;
        if (!named) return isFailure;
        for (const tag of named) tags.add(tag);
      }
      return { changed: [...tags].sort(), unchanged: fenced };
    },
  };
}

/** `null` if the row does not say which it is. */
function nameReturnedRow(
  dataModel: DataModel,
  model: Model,
  row: Readonly<Record<string, unknown>>,
  unnamed: readonly Unnamed[],
): Tag[] | null {
  const tags: Tag[] = [];
  for (const one of unnamed) {
    if ("field" in one) {
      const value = trackedValue(one.field, dataModel.provider, row[one.field.name]);
      if (value === undefined) return null;
      tags.push(fieldTag(model.name, one.field.name, value));
      continue;
    }
    if ("link" in one) {
      const tag = linkTag(dataModel, one.link, row[model.primaryKey?.[0] ?? ""]);
      if (!tag) return null;
      tags.push(tag);
      continue;
    }
    // Nobody finds a row by null.
    if (one.key.fields.some((field) => row[field] === null)) continue;
    const tag = keyTag(dataModel, model, one.key, (field) => row[field]);
    if (!tag) return null;
    tags.push(tag);
  }
  return tags;
}

/** Everything is known beforehand. */
function final(changes: Changes, args: unknown): WriteEffects {
  return settled(changes.tags(), args);
}

function settled(changed: readonly Tag[], args: unknown): WriteEffects {
  return { changed, fenced: NO_TAGS, args, strip: same, after: nothingLearnt };
}

const NO_TAGS: readonly Tag[] = [];
const NOTHING_LEARNT = { changed: NO_TAGS, unchanged: NO_TAGS } as const;
const nothingLearnt = () => NOTHING_LEARNT;
const same = (result: unknown) => result;
