import { fieldTag, modelTag, modelTags, rowTag, uniqueTag, type Tag } from "@evercache/core";
import type { DataModel, Field, Model } from "../schema/data-model.js";
import { isTaggable } from "../schema/key-value.js";
import { domainOf } from "../schema/tracked-fields.js";

/** Beyond this many rows of a model, one write names the model instead. */
export const MOST_ROWS = 100;

/** Collects what a write changes. */
export class Changes {
  readonly dataModel: DataModel;
  readonly #kinds = new Map<string, Set<"all" | "any" | "lookup">>();
  readonly #exact = new Map<string, Set<Tag>>();

  constructor(dataModel: DataModel) {
    this.dataModel = dataModel;
  }

  /** Rows come or go, or nameable ones change: whatever depends on all rows of the model. Also of a join table. */
  any(model: string): void {
    this.#kindsOf(model).add("any");
  }

  /** Rows that cannot be told change. */
  all(model: string): void {
    this.#kindsOf(model).add("all").add("any");
  }

  /** The rows that change can be told, the values of their other unique keys cannot. */
  lookup(model: string): void {
    this.#kindsOf(model).add("any").add("lookup");
  }

  row(model: string, primaryKey: readonly string[]): void {
    this.#name(model, rowTag(model, primaryKey));
  }

  unique(model: string, fields: readonly string[], values: readonly string[]): void {
    this.#name(
      model,
      uniqueTag(
        model,
        fields.map((field, i) => [field, values[i] ?? ""]),
      ),
    );
  }

  /** Rows come, go or change that have this value in a tracked field, had it or get it. */
  field(model: string, field: Field, value: string | null): void {
    this.#name(model, fieldTag(model, field.name, value));
  }

  /** As `field`, with a value that is not known. */
  anyValue(model: string, field: Field): void {
    const domain = domainOf(field);
    if (!domain) return this.lookup(model);
    for (const value of domain) this.field(model, field, value);
  }

  /** Nothing is known about what changes. */
  everything(): void {
    for (const model of this.dataModel.models.values()) {
      this.all(model.name);
      for (const { joinModel } of model.relations.values()) if (joinModel !== null) this.all(joinModel);
    }
  }

  covers(model: string, kind: "all" | "any" | "lookup"): boolean {
    const kinds = this.#kinds.get(model);
    return kinds !== undefined && (kinds.has("all") || kinds.has(kind));
  }

  /** In canonical order, none twice. */
  tags(): Tag[] {
    const tags: Tag[] = [];
    for (const [model, kinds] of this.#kinds) {
      const exact = this.#exact.get(model) ?? NONE;
      // Whatever carries a tag of one row, or `lookup`, carries `all` too.
      if (kinds.has("all") || exact.size > MOST_ROWS) tags.push(...modelTags(model));
      else tags.push(...[...kinds].map((kind) => modelTag(model, kind)), ...exact);
    }
    return tags.sort();
  }

  #kindsOf(model: string): Set<"all" | "any" | "lookup"> {
    let kinds = this.#kinds.get(model);
    if (!kinds) this.#kinds.set(model, (kinds = new Set()));
    return kinds;
  }

  #name(model: string, tag: Tag): void {
    this.any(model);
    const exact = this.#exact.get(model);
    if (exact) exact.add(tag);
    else this.#exact.set(model, new Set([tag]));
  }
}

const NONE: ReadonlySet<Tag> = new Set();

/** The keys other than the primary one by which readers may find rows of this model. */
export function taggableUniques({ provider }: DataModel, model: Model): readonly (readonly string[])[] {
  return model.uniques.map(({ fields }) => fields).filter((fields) => isTaggable(model, fields, provider));
}

/** The primary key, if readers may find rows by it. */
export function taggablePrimaryKey({ provider }: DataModel, model: Model): readonly string[] | null {
  return model.primaryKey && isTaggable(model, model.primaryKey, provider) ? model.primaryKey : null;
}
