import {
  ANY_CUSTOM,
  allTags,
  customTag,
  Generations,
  Room,
  type Codec,
  type Keyring,
  type QueryCounts,
  type Source,
  type Tag,
} from "@evercache/core";
import { shapeContext } from "../codec/result-shape.js";
import { hashText } from "../codec/shape.js";
import type { ReadOperation } from "../client/operation.js";
import { AskedList } from "../mutation/asked-lists.js";
import { refillsOnWrite } from "../on-write.js";
import type { CachedView } from "../runtime.js";
import { dependencies, type Narrowable, type Query } from "./dependencies.js";
import { excludedColumn } from "./excluded.js";
import { concealedKey, type QueryKey } from "./key.js";
import { namesOf, queryShape } from "./query-shape.js";
import type { ReadTemplate } from "./read-template.js";
import { rowListOf } from "./row-list.js";
import type { Uncacheable } from "./canonical.js";

/** All of a read's plan that its key decides: worked out once for as long as it is asked again. */
export interface Prepared extends QueryKey {
  readonly tags: readonly Tag[];
  readonly absentTags: readonly Tag[];
  readonly allTags: readonly Tag[];
  readonly codec: Codec;
  readonly keyring: Keyring | undefined;
  readonly isDetermined: boolean;
  /** Prisma loses no row on its way from the database. */
  readonly isNullCertain: boolean;
  readonly keepsAbsent: boolean;
  readonly narrowable: Narrowable | null;
  /** Null: no write can leave it in the cache. */
  readonly list: AskedList | null;
  /** What is reported of it: its operation, with its shape. */
  readonly source: Source;
  /** What is counted of queries of its shape. */
  readonly counts: QueryCounts;
}

/** What is asked, with all that its key says. */
export interface Asked extends Query {
  readonly operation: ReadOperation;
  readonly dataPath: readonly string[];
  readonly customTags: readonly string[];
  readonly isTaggedByResult: boolean;
}

/** What is prepared of reads that differ in a value alone. */
export interface PreparedByValue {
  /** Those that were asked again. */
  readonly known: Generations<unknown, Prepared>;
  /** Prepares the others, where there is one. */
  template: ReadTemplate | null;
}

/** Queries that are kept, and half of those that were asked again lately at least. */
const MOST_QUERIES = 10_000;

const HASHES = 1 << 14;

/** What is prepared, by the text of the query. */
export class PreparedQueries {
  /** The hashes of texts that were prepared once: most queries that are asked once are never asked again. */
  readonly #once = new Uint32Array(HASHES);
  readonly #room = new Room(MOST_QUERIES);
  readonly #known = new Generations<string, Prepared | Uncacheable>(this.#room);
  readonly #byValue = new Map<string, PreparedByValue>();

  get(text: string): Prepared | Uncacheable | undefined {
    return this.#known.get(text);
  }

  /** Those of the reads of one kind that differ in a value alone. `kind` tells them from all others. */
  byValue(kind: string): PreparedByValue {
    let reads = this.#byValue.get(kind);
    if (!reads) this.#byValue.set(kind, (reads = { known: new Generations(this.#room), template: null }));
    return reads;
  }

  /** Whether this text was asked about before, and not too many others since. */
  isAskedAgain(text: string): boolean {
    const hash = hashText(text);
    const place = hash % HASHES;
    if (this.#once[place] === hash) return true;
    this.#once[place] = hash;
    return false;
  }

  /** `text`: equal for equal queries of one operation, and only for these. */
  add(text: string, view: CachedView, asked: Asked, named: QueryKey): Prepared | Uncacheable {
    const prepared = prepare(view, named, asked);
    if (this.isAskedAgain(text)) this.#known.set(text, prepared);
    return prepared;
  }
}

function prepare(view: CachedView, named: QueryKey, asked: Asked): Prepared | Uncacheable {
  const { runtime, codecs } = view;
  const dependsOn = dependencies(runtime.dataModel, asked);
  if ("uncacheable" in dependsOn) return dependsOn;
  const custom = [...asked.customTags.map(customTag), ...(asked.isTaggedByResult ? [ANY_CUSTOM] : [])];
  const tags = [...dependsOn.tags, ...custom];
  const absentTags = dependsOn.absentTags.length === 0 ? [] : [...dependsOn.absentTags, ...custom];
  const keyring = runtime.encryption?.keyringFor(tags);
  const excluded = keyring ? null : excludedColumn(shapeContext(runtime.dataModel, view.internals), asked);
  if (excluded !== null) return { uncacheable: `${excluded} is excluded, and the model is not encrypted` };
  const { key, identity } = keyring ? concealedKey(named, keyring) : named;
  const { model, operation, args } = asked;
  const shape = queryShape(args, namesOf(runtime.dataModel));
  const counts = runtime.cache.counts({ model, operation, shape }, tags);
  return {
    key,
    identity,
    tags,
    absentTags,
    allTags: allTags({ tags, absentTags }),
    codec: codecs?.of(asked) ?? view.codec,
    keyring,
    isDetermined: runtime.settings.verify === 0 || !hasWindow(operation, args),
    isNullCertain: dependsOn.keepsAbsent,
    keepsAbsent: dependsOn.keepsAbsent || asked.dataPath.length === 0,
    narrowable: dependsOn.narrowable,
    list: listOf(view, asked),
    // Equal ones are one object, for as long as they count.
    source: counts.source,
    counts,
  };
}

function listOf({ runtime: { dataModel, settings } }: CachedView, asked: Asked): AskedList | null {
  const { model, dataPath, isTaggedByResult } = asked;
  if (dataPath.length > 0 || isTaggedByResult || !refillsOnWrite(settings.defaults, settings.models, model))
    return null;
  const rows = rowListOf(dataModel, asked);
  return rows && new AskedList(rows);
}

/** Of rows that are equal in the order, or have none, a database may choose which are in the window. */
function hasWindow(operation: ReadOperation, args: unknown): boolean {
  return operation.startsWith("findFirst") || hasWindowArgument(args);
}

const WINDOW: ReadonlySet<string> = new Set(["take", "skip", "distinct", "cursor"]);

function hasWindowArgument(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasWindowArgument);
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([name, part]) => WINDOW.has(name) || hasWindowArgument(part));
}
