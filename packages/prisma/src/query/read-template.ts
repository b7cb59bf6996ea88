import { ANY_CUSTOM, allTags, type QueryCounts, type Tag } from "@evercache/core";
import type { CachedView, Runtime } from "../runtime.js";
import type { Model } from "../schema/data-model.js";
import { keyTag, taggableKeys, type Key } from "../schema/paths.js";
import { twinTag } from "../schema/volatile.js";
import { canonicalValue } from "./canonical.js";
import { tagsOfRow } from "./dependencies.js";
import { concealedKey, keyBehind, prefixOf, queryText } from "./key.js";
import type { Prepared } from "./prepared.js";
import { namesOf, type IsName } from "./query-shape.js";

/** Reads that ask for the row where a column has a value, and for nothing else. */
export interface ReadsByColumn {
  readonly model: Model;
  readonly operation: string;
  readonly column: string;
  readonly isTaggedByResult: boolean;
}

export type ColumnValue = string | number | bigint;

/** What all reads by one column have in common: of another one, only what its value says has to be worked out. */
export class ReadTemplate {
  readonly #runtime: Runtime;
  readonly #isName: IsName;
  readonly #model: Model;
  readonly #key: Key;
  readonly #prefix: string;
  /** The text of such a read before its value, and behind it. */
  readonly #before: string;
  readonly #behind: string;
  readonly #isVolatile: boolean;
  readonly #isFilterVolatile: boolean;
  readonly #custom: readonly Tag[];
  readonly #sample: Prepared;
  #counts: QueryCounts;

  private constructor({ runtime, fingerprint }: CachedView, reads: ReadsByColumn, key: Key, sample: Prepared) {
    const { model, operation, column, isTaggedByResult } = reads;
    const source = { fingerprint, model: model.name, operation, isTaggedByResult };
    this.#runtime = runtime;
    this.#isName = namesOf(runtime.dataModel);
    this.#model = model;
    this.#key = key;
    this.#prefix = prefixOf(source);
    this.#before = `${this.#prefix}where(${column}:`;
    const text = queryText({ ...source, args: { where: { [column]: 0 } } });
    this.#behind = typeof text === "string" ? text.slice(this.#before.length + 1) : "";
    this.#isVolatile = sample.tags.includes(twinTag(key.path));
    this.#isFilterVolatile = sample.absentTags.includes(twinTag(key.added));
    this.#custom = isTaggedByResult ? [ANY_CUSTOM] : [];
    this.#sample = sample;
    this.#counts = sample.counts;
  }

  /** `sample`: what is prepared of the read with this value. Null: of others, it takes more than the value to prepare them. */
  static of(view: CachedView, reads: ReadsByColumn, sample: Prepared, value: ColumnValue): ReadTemplate | null {
    const [key] = taggableKeys(view.runtime.dataModel, reads.model).filter(
      ({ fields }) => fields.join() === reads.column,
    );
    if (!key || sample.narrowable) return null;
    const template = new ReadTemplate(view, reads, key, sample);
    const again = template.prepare(value, template.textOf(value));
    return again && isSame(again, sample) ? template : null;
  }

  /** As `queryText`. */
  textOf(value: ColumnValue): string {
    return this.#before + canonicalValue(value) + this.#behind;
  }

  /** What is prepared of the read with this value, whose text this is. Null: it takes more than the value to know. */
  prepare(value: ColumnValue, text: string): Prepared | null {
    // Filters are searched for the names of columns, which a value may be taken for.
    if (typeof value === "string" && this.#isName(value)) return null;
    const row = keyTag(this.#runtime.dataModel, this.#model, this.#key, () => value);
    if (row === null) return null;
    const { codec, keyring, isDetermined, isNullCertain, keepsAbsent, narrowable } = this.#sample;
    const tags = this.#tags([this.#key.path, row], this.#isVolatile);
    const absentTags = this.#tags([row, this.#key.added], this.#isFilterVolatile);
    const named = keyBehind(this.#prefix, text);
    const { key, identity } = keyring ? concealedKey(named, keyring) : named;
    const counts = this.#countsOf(tags);
    return {
      key,
      identity,
      tags,
      absentTags,
      allTags: allTags({ tags, absentTags }),
      codec,
      keyring,
      isDetermined,
      isNullCertain,
      keepsAbsent,
      narrowable,
      list: null,
      source: counts.source,
      counts,
    };
  }

  #tags(own: readonly Tag[], isVolatile: boolean): readonly Tag[] {
    const tags = tagsOfRow(own, isVolatile);
    if (this.#custom.length > 0) tags.push(...this.#custom);
    return tags;
  }

  #countsOf(tags: readonly Tag[]): QueryCounts {
    if (this.#counts.isForgotten) this.#counts = this.#runtime.cache.counts(this.#counts.source, tags);
    return this.#counts;
  }
}

function isSame(one: Prepared, other: Prepared): boolean {
  return (
    one.key === other.key &&
    one.identity === other.identity &&
    one.tags.join() === other.tags.join() &&
    one.absentTags.join() === other.absentTags.join()
  );
}
