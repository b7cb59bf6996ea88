import { isRead, returnsRows } from "../client/operation.js";
import { presenceOf, type ShapeContext } from "../codec/result-shape.js";
import { DEEPEST, isSelected } from "../codec/selected.js";
import type { DataModel, Model } from "../schema/data-model.js";
import { mentions } from "../schema/volatile.js";
import { isRecord } from "./canonical.js";
import type { Query } from "./dependencies.js";

const SELECTIONS: ReadonlySet<string> = new Set(["select", "include", "omit"]);

type Args = Readonly<Record<string, unknown>>;

/**
 * A column that the options keep out of the store, and that would come to be there with this read: in its result, or in the
 * arguments that its key tells. `null`: none would. `Model.column`.
 */
export function excludedColumn(context: ShapeContext, { model: name, operation, args }: Query): string | null {
  const model = context.dataModel.models.get(name);
  if (!model || !excludes(context.dataModel)) return null;
  return inLevel(context, model, isRecord(args) ? args : {}, isRead(operation) && returnsRows(operation), 0);
}

const known = new WeakMap<DataModel, boolean>();

/** Whether a column of any model is excluded. */
function excludes(dataModel: DataModel): boolean {
  let does = known.get(dataModel);
  if (does === undefined) {
    does = [...dataModel.models.values()].some(({ tracking }) => tracking.exclude.length > 0);
    known.set(dataModel, does);
  }
  return does;
}

/** Of rows of one model in one place of a result. `isShown`: their columns are. */
function inLevel(context: ShapeContext, model: Model, args: Args, isShown: boolean, depth: number): string | null {
  if (depth > DEEPEST) return `${model.name}, too deep to be looked at,`;
  const select = isSelected(args["select"]) && isRecord(args["select"]) ? args["select"] : null;
  if (isShown) {
    const presence = presenceOf(context, model, args, select);
    const shown = model.tracking.exclude.find((name) => presence(model.fields.get(name)!) !== "never");
    if (shown !== undefined) return `${model.name}.${shown}`;
  }
  const others = Object.fromEntries(Object.entries(args).filter(([name]) => !SELECTIONS.has(name)));
  return (
    inFilter(context.dataModel, model, others, new Set()) ??
    inRelations(context, model, select ?? args["include"], depth)
  );
}

function inRelations(context: ShapeContext, model: Model, selection: unknown, depth: number): string | null {
  if (!isRecord(selection)) return null;
  for (const { field, otherModel } of model.relations.values()) {
    const asked = selection[field];
    const other = context.dataModel.models.get(otherModel);
    if (!other || !isSelected(asked)) continue;
    const found = inLevel(context, other, isRecord(asked) ? asked : {}, true, depth + 1);
    if (found !== null) return found;
  }
  return inFilter(context.dataModel, model, selection["_count"], new Set());
}

/** What names a column, or a relation and a column of the rows that it leads to: a filter, an order, an aggregate. */
function inFilter(dataModel: DataModel, model: Model, filter: unknown, seen: Set<Model>): string | null {
  if (seen.has(model)) return null;
  seen.add(model);
  const named = model.tracking.exclude.find((name) => mentions(filter, [name]));
  if (named !== undefined) return `${model.name}.${named}`;
  for (const { field, otherModel } of model.relations.values()) {
    const other = dataModel.models.get(otherModel);
    const found = other && mentions(filter, [field]) ? inFilter(dataModel, other, filter, seen) : null;
    if (found !== null) return found;
  }
  return null;
}
