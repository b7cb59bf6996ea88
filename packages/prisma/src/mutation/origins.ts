import { isRecord } from "../query/canonical.js";
import type { DataModel, Model } from "../schema/data-model.js";
import { operationsIn } from "./touched.js";

const WITHOUT_EFFECT: ReadonlySet<string> = new Set(["Restrict", "NoAction"]);

/**
 * How a write comes to change rows of models, and of join tables, other than its own, in words: by nested writes, by
 * `alsoWrites` and by referential actions.
 */
export function originsOf(dataModel: DataModel, model: Model, operation: string, args: unknown): Map<string, string> {
  const origins = new Map([[model.name, `every write to ${model.name}`]]);
  const operations = new Set([operation]);
  const { data, create, update } = isRecord(args) ? args : {};
  for (const part of [data, create, update]) addNested(dataModel, model, part, origins, operations);
  const deletes = [...operations].some((name) => name.startsWith("delete"));
  const updates = [...operations].some((name) => name.startsWith("up") || name === "set" || name === "disconnect");
  // A map that grows while it is walked is walked to its end.
  for (const [name] of origins) {
    const from = dataModel.models.get(name);
    if (from) addFollowers(dataModel, from, { deletes, updates }, origins);
  }
  return origins;
}

function addNested(
  dataModel: DataModel,
  model: Model,
  data: unknown,
  origins: Map<string, string>,
  operations: Set<string>,
): void {
  if (Array.isArray(data)) for (const row of data) addNested(dataModel, model, row, origins, operations);
  if (!isRecord(data)) return;
  for (const relation of model.relations.values()) {
    const other = dataModel.models.get(relation.otherModel);
    const writes = data[relation.field];
    if (!other || !isRecord(writes)) continue;
    const place = `${relation.model}.${relation.field}`;
    if (relation.joinModel !== null) offer(origins, relation.joinModel, `nested write through ${place}`);
    offer(origins, other.name, `nested write through ${place}`);
    for (const operation of operationsIn(writes)) {
      operations.add(operation);
      const payload = writes[operation];
      for (const item of Array.isArray(payload) ? payload : [payload]) {
        if (!isRecord(item)) continue;
        for (const part of [item, item["data"], item["create"], item["update"]])
          addNested(dataModel, other, part, origins, operations);
      }
    }
  }
}

function addFollowers(
  dataModel: DataModel,
  model: Model,
  { deletes, updates }: { readonly deletes: boolean; readonly updates: boolean },
  origins: Map<string, string>,
): void {
  for (const name of model.tracking.alsoWrites) offer(origins, name, `alsoWrites of ${model.name}`);
  for (const relation of model.relations.values()) {
    if (relation.joinModel !== null) {
      offer(origins, relation.joinModel, `links of ${relation.model}.${relation.field}`);
      continue;
    }
    const action =
      deletes && !WITHOUT_EFFECT.has(relation.onDelete)
        ? `onDelete: ${relation.onDelete}`
        : updates && !WITHOUT_EFFECT.has(relation.onUpdate)
          ? `onUpdate: ${relation.onUpdate}`
          : null;
    if (relation.holdsForeignKey || action === null || !dataModel.models.has(relation.otherModel)) continue;
    offer(
      origins,
      relation.otherModel,
      `rows that reference ${model.name} by ${relation.fields.join(" and ")} (${action})`,
    );
  }
}

function offer(origins: Map<string, string>, name: string, origin: string): void {
  if (!origins.has(name)) origins.set(name, origin);
}
