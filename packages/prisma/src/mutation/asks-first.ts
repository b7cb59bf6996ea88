import { isAbsent, isRecord } from "../query/canonical.js";
import type { DataModel, Model } from "../schema/data-model.js";
import { operationsIn } from "./touched.js";

type Args = Readonly<Record<string, unknown>>;

/** Databases whose DELETE returns no row. */
const DELETES_BLINDLY: ReadonlySet<string> = new Set(["mysql", "sqlserver"]);
/** Nested writes that look for no rows that are there, or repeat by what when they change them. */
const DIRECT: ReadonlySet<string> = new Set(["create", "createMany", "connect", "connectOrCreate"]);

/**
 * Whether Prisma first asks for rows and then changes them by their primary key alone. Others may have moved them in between:
 * what the arguments, or the result, say of their other columns is certain only while the paths of these are locked.
 */
export function asksFirst(dataModel: DataModel, model: Model, operation: string, args: Args): boolean {
  switch (operation) {
    case "delete":
      return DELETES_BLINDLY.has(dataModel.provider) || showsMore(model, args);
    case "updateMany":
    case "updateManyAndReturn":
    case "deleteMany":
      return !isAbsent(args["limit"]);
    case "update":
      return hasNested(model, args["data"]);
    case "upsert":
      return hasNested(model, args["update"]) || findsNested(dataModel, model, args["create"]);
    case "create":
      return findsNested(dataModel, model, args["data"]);
    default:
      return false;
  }
}

/**
 * Databases that change a row by one statement, which repeats the whole of `where`. Elsewhere a row that another writer
 * changes meanwhile may be found by it, and then not be changed.
 */
const BY_ONE_STATEMENT: ReadonlySet<string> = new Set(["postgresql", "cockroachdb", "sqlite"]);

/** Whether a row is changed by one statement. Where Prisma itself stands in for foreign keys, it reads before it writes. */
export function changesByOneStatement({ provider, hasForeignKeys }: DataModel): boolean {
  return BY_ONE_STATEMENT.has(provider) && hasForeignKeys;
}

/** Whether the first statement that Prisma sends is certain to be one that changes rows. */
export function changesFirst(dataModel: DataModel, model: Model, operation: string, args: Args): boolean {
  if (!changesByOneStatement(dataModel) || asksFirst(dataModel, model, operation, args)) return false;
  return operation === "upsert" ? false : !hasNested(model, args["data"]);
}

/** Whether a result shows more than the columns of its row: then DELETE is not asked to return it. */
export function showsMore({ relations }: Model, { include, select }: Args): boolean {
  if (!isAbsent(include)) return true;
  return isRecord(select) && Object.keys(select).some((name) => name === "_count" || relations.has(name));
}

function hasNested({ relations }: Model, data: unknown): boolean {
  return isRecord(data) && Object.keys(data).some((name) => relations.has(name) && !isAbsent(data[name]));
}

/** The same of a new row: whether what is nested in it, to any depth, looks for rows that are there. */
function findsNested(dataModel: DataModel, model: Model, data: unknown): boolean {
  if (!isRecord(data)) return false;
  return Object.entries(data).some(([name, writes]) => {
    const relation = model.relations.get(name);
    if (!relation || isAbsent(writes) || !isRecord(writes)) return false;
    const other = dataModel.models.get(relation.otherModel);
    // In a one-to-one relation, a new link takes the place of an old one.
    if (!other || (relation.kind === "one" && relation.otherKind === "one")) return true;
    return operationsIn(writes).some((operation) => {
      const payload = writes[operation];
      const items: readonly unknown[] = Array.isArray(payload) ? payload : [payload];
      if (!DIRECT.has(operation)) return true;
      if (operation === "create") return items.some((item) => findsNested(dataModel, other, item));
      return (
        operation === "connectOrCreate" &&
        items.some((item) => isRecord(item) && findsNested(dataModel, other, item["create"]))
      );
    });
  });
}
