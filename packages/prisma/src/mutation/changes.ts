import { anyTag, fieldTag, pathTag, type Tag } from "@evercache/core";
import type { DataModel, Field, Relation } from "../schema/data-model.js";
import { linkPath, linkTag, primaryKey, tagsOfModel, type Key } from "../schema/paths.js";

/** Beyond this many rows of a model, one write names the model instead. */
export const MOST_ROWS = 100;

/** Collects what a write changes. */
export class Changes {
  readonly dataModel: DataModel;
  readonly #models = new Map<string, ModelChanges>();

  constructor(dataModel: DataModel) {
    this.dataModel = dataModel;
  }

  /** Rows come, go or change: whatever depends on all rows of the model. Also of a join table. */
  any(model: string): void {
    this.#of(model);
  }

  /** Rows that cannot be told change. */
  all(model: string): void {
    this.#of(model).isAll = true;
  }

  /** Rows that this tag names change. Whoever shows one of them carries that of its path, too. */
  exact(model: string, tag: Tag, path: Tag): void {
    this.#exact(model, tag, [path]);
    this.#of(model).old.add(path);
  }

  /** A row gets the key that this tag names. Whoever found none under it does not carry the tag of the path. */
  gained(model: string, tag: Tag, { path, added }: Key): void {
    this.#exact(model, tag, [path, added]);
  }

  /** A row gets a key that cannot be named. */
  gainedUnknown(model: string, { path, added }: Key): void {
    this.wide(model, path);
    this.wide(model, added);
  }

  /** What cannot be named: the path by which readers find rows that change, or rows that come to have a key. */
  wide(model: string, tag: Tag): void {
    this.#of(model).wide.add(tag);
  }

  /** Rows come, go or change that have this value in a tracked field, had it or get it. `undefined`: it is not known. */
  field(model: string, field: Field, value: string | null | undefined): void {
    const path = pathTag(model, [field.name]);
    if (value === undefined) this.wide(model, path);
    else this.exact(model, fieldTag(model, field.name, value), path);
  }

  /** A new row has this value in a tracked field. */
  fieldOfNew(model: string, field: Field, value: string | null): void {
    this.#exact(model, fieldTag(model, field.name, value), [pathTag(model, [field.name])]);
  }

  /** Links come, go or change of the row with this primary key, through this relation. `undefined`: it is not known. */
  link(relation: Relation, key: unknown): void {
    if (relation.joinModel === null) return;
    const tag = linkTag(this.dataModel, relation, key);
    if (tag) this.exact(relation.joinModel, tag, linkPath(relation));
    else this.wide(relation.joinModel, linkPath(relation));
  }

  /** Nothing is known about what changes. */
  everything(): void {
    for (const model of this.dataModel.models.values()) {
      this.all(model.name);
      for (const { joinModel } of model.relations.values()) if (joinModel !== null) this.all(joinModel);
    }
  }

  /** Whether this tag of the model changes already. */
  covers(model: string, tag: Tag): boolean {
    const changes = this.#models.get(model);
    return changes !== undefined && (changes.isAll || changes.wide.has(tag));
  }

  /** The paths of values, other than those of primary keys, that name rows which were there before. */
  pathsOfOldValues(): Tag[] {
    const paths: Tag[] = [];
    for (const [name, { isAll, wide, old }] of this.#models) {
      const model = this.dataModel.models.get(name);
      if (!model || isAll) continue;
      const key = primaryKey(this.dataModel, model)?.path;
      paths.push(...[...old].filter((path) => path !== key && !wide.has(path)));
    }
    return paths.sort();
  }

  /** In canonical order, none twice. */
  tags(): Tag[] {
    const tags: Tag[] = [];
    for (const [name, { isAll, wide, exact }] of this.#models) {
      const named: Tag[] = [];
      for (const [tag, covers] of exact) {
        if (wide.size === 0 || !covers.every((cover) => wide.has(cover))) named.push(tag);
      }
      if (isAll || named.length > MOST_ROWS) tags.push(...tagsOfModel(this.dataModel, name));
      else tags.push(anyTag(name), ...wide, ...named);
    }
    return tags.sort();
  }

  #exact(model: string, tag: Tag, covers: readonly Tag[]): void {
    const { exact } = this.#of(model);
    const before = exact.get(tag);
    exact.set(tag, before ? [...before, ...covers] : covers);
  }

  #of(model: string): ModelChanges {
    let changes = this.#models.get(model);
    if (changes) return changes;
    this.#models.set(model, (changes = { isAll: false, wide: new Set(), exact: new Map(), old: new Set() }));
    for (const name of this.dataModel.models.get(model)?.tracking.alsoWrites ?? []) this.all(name);
    return changes;
  }
}

interface ModelChanges {
  isAll: boolean;
  readonly wide: Set<Tag>;
  /** Each with tags of which whoever depends on it carries one, too. */
  readonly exact: Map<Tag, readonly Tag[]>;
  /** The paths of those that name rows which were there before. */
  readonly old: Set<Tag>;
}
