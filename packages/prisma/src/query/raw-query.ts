import {
  asObject,
  checkNames,
  customTag,
  EvercacheError,
  Generations,
  anyTag,
  parseQueryPolicy,
  queryPolicy,
  strictestPolicy,
  TIME_OPTIONS,
  type QueryPolicy,
  type ReadPlan,
  type Tag,
} from "@evercache/core";
import { transactionOf, type HookCall } from "../client/hook.js";
import { rawReads, sqlOf } from "../mutation/raw-sql.js";
import type { CachedView, Runtime } from "../runtime.js";
import type { DataModel } from "../schema/data-model.js";
import { unknownModel } from "../schema/unknown-model.js";
import { twinName } from "../schema/volatile.js";
import { concealedKey, queryKey } from "./key.js";
import type { Bypass } from "./bypass.js";
import { namesOf } from "./query-shape.js";
import { sqlShape } from "./sql-shape.js";
import { RAW, RAW_SOURCE, RAW_TAG } from "./raw-source.js";
import { isOutage } from "./outage.js";

/** A query in SQL that the application wants cached, checked. */
export interface RawQuery {
  readonly sql: string;
  readonly models: readonly string[];
  readonly tags: readonly Tag[];
  readonly asked: QueryPolicy | undefined;
}

const EXAMPLE = 'write for example $cache.queryRaw({ models: ["Product"], ttl: "30s" })`SELECT …`';

/** @throws EvercacheError for a query that may write, a model that it reads and that is not named, and wrong options */
export function parseRawQuery({ dataModel }: Runtime, options: unknown, query: unknown): RawQuery {
  const { models = [], ...policy } = asObject(options, "$cache.queryRaw", EXAMPLE);
  checkNames(policy, [...TIME_OPTIONS, "tags"], "$cache.queryRaw");
  const asked = parseQueryPolicy(policy) || undefined;
  if (!Array.isArray(models)) throw invalid(`models must be an array of names: ${EXAMPLE}`, models);
  for (const name of models as unknown[]) {
    const model = typeof name === "string" ? dataModel.models.get(name) : undefined;
    if (!model) throw unknownModel("$cache.queryRaw", name, dataModel);
    if (model.isView) throw invalid(`${model.name} is a view: name the models whose tables it is made of`, name);
  }
  const named = [...new Set(models as string[])].sort();
  const tags = [...new Set(asked?.tags)].sort();
  if (named.length + tags.length === 0) {
    throw invalid(`say what the result depends on, in models or tags: ${EXAMPLE}`, options);
  }
  const sql = sqlOf("$queryRaw", query).text;
  if (sql === null) throw invalid("pass a template, Prisma.sql`…` or a TypedSQL query", query);
  const read = rawReads(dataModel, sql);
  if ("refused" in read) {
    throw new EvercacheError(
      "NOT_A_QUERY",
      `$cache.queryRaw: this is not cached, since ${read.refused}. It was not run. Write $queryRaw or $executeRaw.`,
      { value: sql },
    );
  }
  const forgotten = [...new Set(read.models)].filter((model) => !named.includes(model));
  if (forgotten.length > 0) {
    const all = [...named, ...forgotten].map((model) => JSON.stringify(model)).join(", ");
    throw invalid(`the query reads ${forgotten.join(" and ")} too: write models: [${all}]`, models);
  }
  // Which columns it looks at is not known: the volatile ones may be among them.
  const twins = named.filter((name) => (dataModel.models.get(name)?.tracking.volatile.length ?? 0) > 0).map(twinName);
  const groups = [...named, ...twins, ...new Set(read.joins)];
  const depends = groups.length === 0 ? [RAW_TAG] : groups.map((model) => anyTag(model));
  return { sql, models: named, tags: [...depends, ...tags.map(customTag)], asked };
}

export type RawDecision =
  | { readonly kind: "cached"; readonly plan: ReadPlan<unknown> }
  | { readonly kind: "bypass"; readonly bypass: Bypass };

/** Decides whether and how such a query is cached. Pure but for the user's own `scope`. */
export function planRawQuery(
  { runtime, fingerprint, codec }: CachedView,
  call: HookCall,
  { sql, models, tags, asked }: RawQuery,
): RawDecision {
  if (transactionOf(call)) return { kind: "bypass", bypass: { reason: "transaction" } };
  // Without a model the defaults count.
  const named = models.length === 0 ? [RAW] : models;
  const policy = queryPolicy(strictestPolicy(named.map((model) => runtime.policies.of(model, "list"))), asked);
  if (!policy) return { kind: "bypass", bypass: { reason: "policy" } };
  const key = queryKey({
    fingerprint,
    ...RAW_SOURCE,
    args: { query: textAndValues(call.args), models },
    scope: runtime.settings.scope?.(),
    tags: asked?.tags,
  });
  if ("uncacheable" in key) {
    return { kind: "bypass", bypass: { reason: "uncacheable", detail: key.uncacheable } };
  }
  const keyring = runtime.encryption?.keyringFor(tags);
  const excluding = keyring ? undefined : models.find((name) => isExcluding(runtime.dataModel, name));
  if (excluding !== undefined) {
    const detail = `${excluding} has columns that are excluded, and is not encrypted`;
    return { kind: "bypass", bypass: { reason: "uncacheable", detail } };
  }
  const counts = runtime.cache.counts({ ...RAW_SOURCE, shape: shapeOf(runtime.dataModel, sql) }, tags);
  const plan = {
    ...(keyring ? { ...concealedKey(key, keyring), keyring } : key),
    source: counts.source,
    counts,
    fingerprint,
    tags,
    absentTags: [],
    policy,
    codec,
    // Whether rows were chosen by an order, or a clock, the text does not tell.
    isDetermined: false,
    load: () => call.query(call.args),
    isOutage,
  };
  return { kind: "cached", plan };
}

const MOST_SHAPES = 500;
/** Longer texts are not kept: each number of values in a list makes another one. */
const LONGEST_KEPT = 10_000;
const shapes = new WeakMap<DataModel, Generations<string, string>>();

function shapeOf(dataModel: DataModel, sql: string): string {
  let known = shapes.get(dataModel);
  if (!known) shapes.set(dataModel, (known = new Generations(MOST_SHAPES)));
  let shape = known.get(sql);
  if (shape === undefined) {
    shape = sqlShape(sql, dataModel.provider, namesOf(dataModel));
    if (sql.length <= LONGEST_KEPT) known.set(sql, shape);
  }
  return shape;
}

/** Which columns a text shows is not known. */
function isExcluding({ models }: DataModel, name: string): boolean {
  return (models.get(name)?.tracking.exclude.length ?? 0) > 0;
}

/** Where a text is cut for its values is part of it: `strings` are, `sql` is a text with place holders. */
function textAndValues(args: unknown): unknown {
  const { strings, sql, values } = args as { strings?: readonly string[]; sql?: string; values: readonly unknown[] };
  return { text: strings ? [...strings] : sql, values: [...values] };
}

function invalid(message: string, value: unknown): EvercacheError {
  return new EvercacheError("INVALID_OPTION", `$cache.queryRaw: ${message}.`, { value });
}
