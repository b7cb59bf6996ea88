import type { ClientInternals } from "../client/internals.js";
import { isRead, returnsRows } from "../client/operation.js";
import type { GlobalOmit } from "../mutation/returned-row.js";
import { isRecord } from "../query/canonical.js";
import { clientName, type DataModel, type Field, type Model } from "../schema/data-model.js";
import type { NeededBy } from "../schema/volatile.js";
import { computedShape } from "./computed-shape.js";
import { columnOf } from "./field-shape.js";
import { DEEPEST, isSelected } from "./selected.js";
import type { Column, RowShape, Shape, Slot } from "./shape.js";

/** What of a client, besides the query, says what its results look like. */
export interface ShapeContext {
  readonly dataModel: DataModel;
  /** What the client leaves out of all results. */
  readonly globalOmit?: GlobalOmit | undefined;
  /** Columns that Prisma reads unasked. Left out: none. */
  readonly neededBy?: NeededBy | undefined;
}

/** Of a client. */
export function shapeContext(
  dataModel: DataModel,
  { globalOmit, neededBy }: Pick<ClientInternals, "globalOmit" | "neededBy">,
): ShapeContext {
  return { dataModel, globalOmit: globalOmit as GlobalOmit | undefined, neededBy };
}

/** A read as it reaches the hook. */
export interface ShapedQuery {
  readonly model: string;
  readonly operation: string;
  readonly args: unknown;
  /** Of a fluent call: `["select", field, …]`. */
  readonly dataPath?: readonly string[] | undefined;
}

type Args = Readonly<Record<string, unknown>>;

/**
 * What the result of a read looks like, if Prisma accepts the read at all. `null`: that cannot be told for certain.
 * Whoever relies on it compares each result with it: a client may be extended in ways that nobody sees.
 */
export function resultShape(
  context: ShapeContext,
  { model: name, operation, args, dataPath }: ShapedQuery,
): Slot | null {
  const model = context.dataModel.models.get(name);
  // Without the text of the schema, lists cannot be told from single values.
  if (!model || !context.dataModel.isPrecise || !isRead(operation)) return null;
  const given = args ?? {};
  if (!isRecord(given)) return null;
  if (!returnsRows(operation)) return computedShape(model, operation, given);
  if (dataPath !== undefined && dataPath.length > 0) return pathShape(context, model, given, dataPath);
  const row = rowShape(context, model, given, 0);
  if (!row) return null;
  return operation === "findMany"
    ? { shape: { kind: "list", of: row }, isNullable: false }
    : { shape: row, isNullable: true };
}

/** What the path of a fluent call leads to. Anything on the way may be missing. */
function pathShape(context: ShapeContext, from: Model, args: Args, dataPath: readonly string[]): Slot | null {
  let model = from;
  let here = args;
  for (let at = 0; at < dataPath.length; at += 2) {
    const selection = here[dataPath[at]!];
    const name = dataPath[at + 1];
    const relation = name === undefined ? undefined : model.relations.get(name);
    const other = relation && context.dataModel.models.get(relation.otherModel);
    const asked = isRecord(selection) && name !== undefined ? selection[name] : undefined;
    if (!other || (asked !== true && !isRecord(asked))) return null;
    const isLast = at + 2 >= dataPath.length;
    if (relation.kind === "many" && !isLast) return null;
    model = other;
    here = asked === true ? {} : asked;
    if (!isLast) continue;
    const row = rowShape(context, model, here, 0);
    return row && { shape: relation.kind === "many" ? { kind: "list", of: row } : row, isNullable: true };
  }
  return null;
}

function rowShape(context: ShapeContext, model: Model, args: Args, depth: number): RowShape | null {
  if (depth > DEEPEST) return null;
  const select = isSelected(args["select"]) ? args["select"] : null;
  if (select !== null && !isRecord(select)) return null;
  const include = select ?? args["include"];
  const columns: Column[] = [];
  const presence = presenceOf(context, model, args, select);
  for (const field of model.fields.values()) {
    // What Prisma does not know of a table is not in its results.
    if (field.kind === "relation" || field.kind === "unsupported" || field.isIgnored) continue;
    const present = presence(field);
    if (present === "never") continue;
    const column = columnOf(field, present === "maybe");
    if (!column) return null;
    columns.push(column);
  }
  if (isSelected(include)) {
    if (!isRecord(include)) return null;
    for (const relation of model.relations.values()) {
      const asked = include[relation.field];
      if (!isSelected(asked)) continue;
      const shape = relatedShape(context, relation.otherModel, asked, relation.kind === "many", depth);
      if (!shape) return null;
      const isNullable = relation.kind === "one" && model.fields.get(relation.field)?.isNullable === true;
      columns.push({ name: relation.field, shape, isNullable, isOptional: false });
    }
    if (isSelected(include["_count"])) {
      const shape = countsShape(model, include["_count"]);
      if (!shape) return null;
      columns.push({ name: "_count", shape, isNullable: false, isOptional: false });
    }
  }
  return columns.length === 0 ? null : { kind: "row", columns };
}

function relatedShape(
  context: ShapeContext,
  otherModel: string,
  asked: unknown,
  isMany: boolean,
  depth: number,
): Shape | null {
  const other = context.dataModel.models.get(otherModel);
  if (!other || (asked !== true && !isRecord(asked))) return null;
  const row = rowShape(context, other, asked === true ? {} : asked, depth + 1);
  return row && isMany ? { kind: "list", of: row } : row;
}

/** `_count: true` counts every list; `_count: { select: { posts: … } }` those that it names. */
function countsShape(model: Model, asked: unknown): RowShape | null {
  const select = isRecord(asked) ? asked["select"] : undefined;
  if ((asked !== true && !isRecord(asked)) || (select !== undefined && !isRecord(select))) return null;
  const columns = [...model.relations.values()]
    .filter(({ kind, field }) => kind === "many" && (!isRecord(select) || isSelected(select[field])))
    .map(({ field }) => count(field));
  return columns.length === 0 ? null : { kind: "row", columns };
}

function count(name: string): Column {
  return { name, shape: { kind: "number" }, isNullable: false, isOptional: false };
}

type Presence = "always" | "maybe" | "never";

/** Which columns of a model are in its rows. Those that only a computed field asks for may be there. */
export function presenceOf(
  context: ShapeContext,
  model: Model,
  args: Args,
  select: Args | null,
): (field: Field) => Presence {
  const needed = context.neededBy?.(model.name, select) ?? [];
  // A computed field may need others that are computed, and with them columns that are not named here.
  const isOpen = needed.some((name) => !model.fields.has(name));
  const unasked = (name: string): Presence => (isOpen || needed.includes(name) ? "maybe" : "never");
  if (select) return ({ name }) => (isSelected(select[name]) ? "always" : unasked(name));
  const omitted = {
    ...context.globalOmit?.[clientName(model.name)],
    ...(isRecord(args["omit"]) ? args["omit"] : {}),
  };
  return ({ name }) => (isSelected(omitted[name]) ? unasked(name) : "always");
}
