import type { Answered, Patch, Refill, Tag } from "@evercache/core";
import { dataPathOf, transactionOf, type HookCall, type ReadCall } from "../client/hook.js";
import { refillsOnWrite } from "../on-write.js";
import { isAbsent, isRecord } from "../query/canonical.js";
import { impliedBy } from "../query/equalities.js";
import { planRead, type PlannedRead } from "../query/plan.js";
import type { CachedView } from "../runtime.js";
import { clientName, type DataModel, type Model } from "../schema/data-model.js";
import { keyValue } from "../schema/key-value.js";
import { primaryKey, taggableKeys, type Key } from "../schema/paths.js";
import { twinTag } from "../schema/volatile.js";
import type { GlobalOmit } from "./returned-row.js";
import { createdValue } from "./selected-row.js";
import { touchedBy } from "./touched.js";

type Values = Readonly<Record<string, unknown>>;
type ModelCall = HookCall & { readonly model: string };

/** A read by key alone, with the values that it asks for. */
interface Candidate {
  readonly plan: PlannedRead;
  readonly key: Key;
  readonly values: ReadonlyMap<string, unknown>;
}

/**
 * What the row that a write returns answers from now on: `findUnique` by its primary key, and by the keys that the write named
 * it by, and the lists that the row is in. `changed`: as of the effects of the write. Undefined: nothing.
 */
export function refillOf(view: CachedView, call: ModelCall, changed: readonly Tag[]): Refill<unknown> | undefined {
  const { dataModel, settings } = view.runtime;
  const model = dataModel.models.get(call.model);
  if (!model || !refillsOnWrite(settings.defaults, settings.models, model.name)) return undefined;
  const { args } = call;
  if (!isRecord(args) || !returnsWholeRow(view, call, model, args)) return undefined;
  const policy = view.runtime.policies.of(model.name, "single");
  if (!policy) return undefined;
  const candidates = candidatesOf(view, call.operation, model, args);
  return {
    policy,
    tags: [...new Set([...pathsOfPrimaryKey(dataModel, model), ...candidates.flatMap(({ plan }) => plan.tags)])],
    keys: candidates.map(({ plan }) => plan.key),
    answered: (row) => (isRecord(row) ? answeredBy(view, model, candidates, row) : []),
    patches: call.operation === "update" ? patchesOf(view, model, changed) : [],
  };
}

function patchesOf(view: CachedView, { name }: Model, changed: readonly Tag[]): Patch<unknown>[] {
  const { lists, settings } = view.runtime;
  try {
    return lists.patches(view, settings.scope?.(), name, changed);
  } catch {
    // The application's `scope` failed, as below.
    return [];
  }
}

/** Whether a write shows the row as it is in the table, and as a read without a selection does. */
function returnsWholeRow(view: CachedView, call: ModelCall, model: Model, args: Values): boolean {
  const { internals, runtime, isInside } = view;
  if (isInside === true || transactionOf(call) || dataPathOf(call).length > 0) return false;
  if (["select", "include", "omit"].some((name) => !isAbsent(args[name]))) return false;
  const omitted = (internals.globalOmit as GlobalOmit | undefined)?.[clientName(model.name)] ?? {};
  if (Object.values(omitted).includes(true)) return false;
  switch (call.operation) {
    case "create":
      return isOfColumns(model, args["data"] ?? {});
    case "update":
      return isOfColumns(model, args["data"]) && !movesOthers(runtime.dataModel, model, args["data"]);
    case "upsert":
      return (
        isOfColumns(model, args["create"]) &&
        isOfColumns(model, args["update"]) &&
        !movesOthers(runtime.dataModel, model, args["update"])
      );
    default:
      return false;
  }
}

/** Whether nothing is written but columns of the row itself. */
function isOfColumns({ relations }: Model, data: unknown): boolean {
  return isRecord(data) && Object.keys(data).every((name) => !relations.has(name) || isAbsent(data[name]));
}

/** Whether the database may change other rows after this one, and by these once more the row that was returned. */
function movesOthers(dataModel: DataModel, model: Model, data: unknown): boolean {
  const touched = touchedBy(dataModel, model, data);
  return [...model.relations.values()].some(
    ({ holdsForeignKey, references }) => !holdsForeignKey && references.some((column) => touched.has(column)),
  );
}

/** Those that are known before the write has run. */
function candidatesOf(view: CachedView, operation: string, model: Model, args: Values): Candidate[] {
  const { dataModel } = view.runtime;
  const keys = taggableKeys(dataModel, model);
  const { where } = args;
  if (operation !== "create") {
    const { equal } = impliedBy(model, where);
    return keys
      .filter((key) => isRecord(where) && selectorOf(model, key) in where)
      .flatMap((key) => candidate(view, model, key, (field) => equal.get(field)));
  }
  const key = primaryKey(dataModel, model);
  const valueOf = (field: string) => createdValue(dataModel, model, field, args["data"] ?? {}, new Map());
  return key && key.fields.every((field) => !isAbsent(valueOf(field))) ? candidate(view, model, key, valueOf) : [];
}

function answeredBy(view: CachedView, model: Model, candidates: readonly Candidate[], row: Values): Answered[] {
  const { dataModel } = view.runtime;
  const key = primaryKey(dataModel, model);
  const plans = new Map<string, PlannedRead>();
  const own = key ? candidate(view, model, key, (field) => row[field]) : [];
  for (const { plan, key: of, values } of [...candidates, ...own]) {
    const isOfRow = of.fields.every((field) => isSame(dataModel, model, field, values.get(field), row[field]));
    if (isOfRow) plans.set(plan.key, plan);
  }
  return [...plans.values()].map((plan) => ({ plan, value: row }));
}

/** As `findUnique` with no selection is planned. None: it is not cached, or no values are given. */
function candidate(view: CachedView, model: Model, key: Key, valueOf: (field: string) => unknown): Candidate[] {
  const values = new Map(key.fields.map((field) => [field, valueOf(field)]));
  if ([...values.values()].some((value) => value === null || isAbsent(value))) return [];
  const selector = selectorOf(model, key);
  const selected = key.fields.length === 1 ? values.get(key.fields[0]!) : Object.fromEntries(values);
  const plan = planned(view, { model: model.name, operation: "findUnique", args: { where: { [selector]: selected } } });
  return plan ? [{ plan, key, values }] : [];
}

function planned(view: CachedView, call: Omit<ReadCall, "query">): PlannedRead | null {
  try {
    const plan = planRead(view, { ...call, query: unasked });
    return plan.kind === "cached" ? plan : null;
  } catch {
    // The application's `scope` failed. No write must fail for what it would leave behind.
    return null;
  }
}

function unasked(): never {
  throw new Error("a read that a write answers is never asked");
}

/** What a key is called in `where`. */
function selectorOf({ selectors }: Model, { fields }: Key): string {
  const [first = ""] = fields;
  if (fields.length === 1) return first;
  for (const [name, of] of selectors) if (of.join() === fields.join()) return name;
  return "";
}

/** Whether the database finds by `asked` what has `value`, whichever texts it takes for equal besides. */
function isSame(dataModel: DataModel, model: Model, name: string, asked: unknown, value: unknown): boolean {
  if (typeof asked === "string" && typeof value === "string") return asked === value;
  const field = model.fields.get(name);
  const [one, other] = [asked, value].map((each) => field && keyValue(field, dataModel.provider, each));
  return one !== null && one !== undefined && one === other;
}

/** With those of the twin, which rows with volatile columns depend on. */
function pathsOfPrimaryKey(dataModel: DataModel, model: Model): readonly Tag[] {
  const key = primaryKey(dataModel, model);
  if (!key) return [];
  return model.tracking.volatile.length === 0 ? [key.path] : [key.path, twinTag(key.path)];
}
