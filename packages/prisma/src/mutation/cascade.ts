import type { DataModel, Field, Model, ReferentialAction, Relation } from "../schema/data-model.js";
import { linkPath } from "../schema/paths.js";
import { type Changes, MOST_ROWS } from "./changes.js";
import { referencedColumn } from "../schema/paths.js";
import { knownOfHolders, spelledKnown, type Known } from "./known.js";
import { changeRows } from "./selected-row.js";
import { NOTHING_TOUCHED, touchedValues, type Touched } from "./touched.js";

/** What the database does to other rows when rows of `model` are deleted of which this is known, transitively. */
export function cascadeDelete(changes: Changes, model: Model, known: Known): void {
  new Cascade(changes).deleted(model, known);
}

/** What the database does to other rows when these columns of rows of `model` change, transitively. */
export function cascadeUpdate(changes: Changes, model: Model, known: Known, touched: Touched): void {
  new Cascade(changes).updated(model, known, touched);
}

/** `model` and every model that a chain of relations connects with it. */
export function connectedModels(dataModel: DataModel, model: string): ReadonlySet<string> {
  const connected = new Set([model]);
  // A set that grows while it is walked is walked to its end.
  for (const name of connected) {
    for (const { otherModel } of dataModel.models.get(name)?.relations.values() ?? []) connected.add(otherModel);
  }
  return connected;
}

class Cascade {
  readonly #changes: Changes;
  readonly #dataModel: DataModel;
  /** Ends circles: from step to step the values that are known only wander, none is made up. */
  readonly #done = new Set<string>();

  constructor(changes: Changes) {
    this.#changes = changes;
    this.#dataModel = changes.dataModel;
  }

  deleted(model: Model, known: Known): void {
    if (this.#isDone("delete", model, known, NOTHING_TOUCHED)) return;
    for (const relation of model.relations.values()) {
      if (relation.joinModel !== null) this.#unlinked(model, relation, known);
      const holder = this.#holder(relation);
      if (!holder || !reaches(relation.onDelete)) continue;
      const held = knownOfHolders(this.#dataModel, relation, known);
      if (relation.onDelete === "Cascade") {
        changeRows(this.#changes, holder, held, NOTHING_TOUCHED);
        this.deleted(holder, held);
      } else this.#moved(holder, held, cleared(holder, relation, relation.onDelete));
    }
  }

  updated(model: Model, known: Known, touched: Touched): void {
    if (!columnsThatReach(model).some((column) => touched.has(column))) return;
    if (this.#isDone("update", model, known, touched)) return;
    for (const relation of model.relations.values()) {
      if (relation.joinModel !== null && model.primaryKey?.some((column) => touched.has(column))) {
        this.#unlinked(model, relation, known);
        this.#changes.link(relation, touched.valueOf(model.primaryKey[0] ?? ""));
      }
      const holder = this.#holder(relation);
      if (!holder || !reaches(relation.onUpdate)) continue;
      if (!relation.references.some((column) => touched.has(column))) continue;
      const held = knownOfHolders(this.#dataModel, relation, known);
      const isFollowed = relation.onUpdate === "Cascade";
      const columns = isFollowed
        ? this.#followed(holder, relation, touched)
        : cleared(holder, relation, relation.onUpdate);
      this.#moved(holder, held, columns);
    }
  }

  #moved(holder: Model, held: Known, columns: Touched): void {
    changeRows(this.#changes, holder, held, columns);
    this.updated(holder, held, columns);
  }

  /** The columns of the foreign key take over the values that they reference. */
  #followed(holder: Model, relation: Relation, touched: Touched): Touched {
    const values = new Map<string, unknown>();
    for (const [i, column] of relation.fields.entries()) {
      if (!touched.has(relation.references[i] ?? "")) continue;
      const source = referencedColumn(this.#dataModel, relation, column);
      values.set(column, source === null ? undefined : touched.valueOf(source));
    }
    return touchedValues(holder, values);
  }

  /** The links of these rows through this relation go, or name other keys: on the other side, those of any row. */
  #unlinked(model: Model, relation: Relation, { equal, oneOf }: Known): void {
    const key = model.primaryKey?.[0] ?? "";
    const keys = equal.has(key) ? [equal.get(key)] : (oneOf.get(key) ?? [undefined]);
    for (const value of keys.length > MOST_ROWS ? [undefined] : keys) this.#changes.link(relation, value);
    const other = this.#dataModel.models.get(relation.otherModel)?.relations.get(relation.otherField);
    if (!other?.joinModel) return this.#changes.everything();
    this.#changes.wide(other.joinModel, linkPath(other));
  }

  /** The other model, if it is the one that references this one. A view has no foreign key. */
  #holder(relation: Relation): Model | undefined {
    if (relation.holdsForeignKey || relation.joinModel !== null) return undefined;
    const other = this.#dataModel.models.get(relation.otherModel);
    return other?.isView ? undefined : other;
  }

  #isDone(action: "delete" | "update", model: Model, known: Known, touched: Touched): boolean {
    const values = [...touched.fields].sort().map((field) => [field, touched.valueOf(field)] as const);
    const columns = spelledKnown(this.#dataModel, model, { equal: new Map(values), oneOf: new Map() });
    const step = `${action} ${model.name} ${columns} where ${spelledKnown(this.#dataModel, model, known)}`;
    if (this.#done.has(step)) return true;
    this.#done.add(step);
    return false;
  }
}

const reaching = new WeakMap<Model, readonly string[]>();

/** The columns whose change may reach other rows. */
export function columnsThatReach(model: Model): readonly string[] {
  let columns = reaching.get(model);
  if (!columns) {
    const relations = [...model.relations.values()];
    const isLinked = relations.some(({ joinModel }) => joinModel !== null);
    const referenced = relations
      .filter(({ holdsForeignKey, onUpdate }) => !holdsForeignKey && reaches(onUpdate))
      .flatMap(({ references }) => references);
    columns = [...new Set([...referenced, ...((isLinked && model.primaryKey) || [])])];
    reaching.set(model, columns);
  }
  return columns;
}

function cleared(holder: Model, relation: Relation, action: ReferentialAction): Touched {
  const valueOf = (field: Field | undefined) =>
    action === "SetDefault" ? field?.defaultValue : field?.isNullable ? null : undefined;
  return touchedValues(holder, new Map(relation.fields.map((name) => [name, valueOf(holder.fields.get(name))])));
}

function reaches(action: ReferentialAction): boolean {
  return action !== "Restrict" && action !== "NoAction";
}
