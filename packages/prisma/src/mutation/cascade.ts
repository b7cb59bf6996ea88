import type { DataModel, Model, ReferentialAction, Relation } from "../schema/data-model.js";
import type { Changes } from "./changes.js";

/** What the database does to other rows when rows of `model` are deleted, transitively. */
export function cascadeDelete(changes: Changes, model: Model): void {
  new Cascade(changes).deleted(model);
}

/** What the database does to other rows when these columns of `model` change, transitively. */
export function cascadeUpdate(changes: Changes, model: Model, columns: ReadonlySet<string>): void {
  new Cascade(changes).updated(model, columns);
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
  readonly #deleted = new Set<string>();
  readonly #updated = new Set<string>();

  constructor(changes: Changes) {
    this.#changes = changes;
  }

  deleted(model: Model): void {
    if (this.#deleted.has(model.name)) return;
    this.#deleted.add(model.name);
    for (const relation of model.relations.values()) {
      if (relation.joinModel !== null) this.#changes.any(relation.joinModel);
      const holder = this.#holder(relation);
      if (!holder || !reaches(relation.onDelete)) continue;
      this.#changes.all(holder.name);
      if (relation.onDelete === "Cascade") this.deleted(holder);
      else this.updated(holder, new Set(relation.fields));
    }
  }

  updated(model: Model, columns: ReadonlySet<string>): void {
    const fresh = new Set([...columns].filter((column) => !this.#updated.has(`${model.name}.${column}`)));
    if (fresh.size === 0) return;
    for (const column of fresh) this.#updated.add(`${model.name}.${column}`);
    for (const relation of model.relations.values()) {
      if (relation.joinModel !== null && model.primaryKey?.some((column) => fresh.has(column))) {
        this.#changes.any(relation.joinModel);
      }
      const holder = this.#holder(relation);
      if (!holder || !reaches(relation.onUpdate)) continue;
      if (!relation.references.some((column) => fresh.has(column))) continue;
      this.#changes.all(holder.name);
      this.updated(holder, new Set(relation.fields));
    }
  }

  /** The other model, if it is the one that references this one. A view has no foreign key. */
  #holder(relation: Relation): Model | undefined {
    if (relation.holdsForeignKey || relation.joinModel !== null) return undefined;
    const other = this.#changes.dataModel.models.get(relation.otherModel);
    return other?.isView ? undefined : other;
  }
}

function reaches(action: ReferentialAction): boolean {
  return action !== "Restrict" && action !== "NoAction";
}
