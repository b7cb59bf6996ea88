import {
  areTagNames,
  asObject,
  checkFlag,
  checkNames,
  customTag,
  EvercacheError,
  type CacheEvent,
  MOST_SHAPES,
  type CacheStats,
  type HitsHeard,
  type ListenOptions,
  type Tag,
} from "@evercache/core";
import { Sql } from "@prisma/client/runtime/client";
import { isFastRead } from "./client/fast-read.js";
import type { ExtensibleClient } from "./client/internals.js";
import { LazyQuery } from "./client/lazy-query.js";
import { parseRawQuery } from "./query/raw-query.js";
import { askingFor } from "./query/read-raw.js";
import { explaining, type Subject } from "./client/query-scope.js";
import { tagsOfModel } from "./schema/paths.js";
import { tagsOfEverything } from "./mutation/raw-sql.js";
import { invalidationOf } from "./mutation/invalidation.js";
import { RecordedReads } from "./recording/recorded-reads.js";
import type { CachedView, Runtime } from "./runtime.js";
import type { Explanation, Recording, WarmOptions, WarmQuery, WarmResult } from "./types.js";
import { warm } from "./warm.js";
import { unknownModel } from "./schema/unknown-model.js";

/** `prisma.$cache`. */
export function cacheApi(view: CachedView, hooked: ExtensibleClient) {
  const { runtime } = view;
  const { cache } = runtime;
  const recorded = new RecordedReads(view);

  return {
    namespace: runtime.settings.namespace,
    async invalidate(target: unknown): Promise<{ applied: boolean }> {
      const tags = tagsOf(runtime, target);
      runtime.transactions.note(tags);
      return { applied: await cache.invalidate(tags) };
    },
    async invalidateAll(): Promise<{ applied: boolean }> {
      runtime.transactions.note(tagsOfEverything(runtime.dataModel));
      return { applied: await cache.invalidateAll() };
    },
    queryRaw(options: unknown, ...rest: readonly unknown[]): unknown {
      const ask = (query: unknown) => askRaw(runtime, hooked, options, query);
      if (rest.length > 0) return ask(rest[0]);
      return (strings: readonly string[], ...values: readonly unknown[]) => ask(new Sql(strings, values));
    },
    warm: (queries: Iterable<WarmQuery> | AsyncIterable<WarmQuery>, options?: WarmOptions): Promise<WarmResult> =>
      warm(queries, (query, name) => recorded.parse(query, name), options),
    record: (options?: unknown): Recording => runtime.recordings.start(options),
    pause: (): void => cache.pause(true),
    resume: (): void => cache.pause(false),
    stats(options?: unknown): CacheStats {
      const top = topOf(options);
      return top === null ? cache.stats() : cache.statsWithQueries(top);
    },
    async explain(query: unknown): Promise<Explanation> {
      if ((query as { [Symbol.toStringTag]?: unknown } | undefined)?.[Symbol.toStringTag] !== "PrismaPromise") {
        throw new EvercacheError(
          "NOT_A_QUERY",
          "$cache.explain(query): pass a query that is not awaited yet, for example prisma.user.findMany().",
          {
            value: query,
          },
        );
      }
      // Explained by the hook, whichever way it takes.
      const path = isFastRead(query) ? "fast" : "hook";
      const explanation = await explaining(subjectOf(query), () => query as PromiseLike<unknown>);
      if (explanation) return explanation.kind === "read" ? { ...explanation, path } : explanation;
      throw new EvercacheError(
        "NOT_A_QUERY",
        "$cache.explain(query): this query ran before, or is no query of the cached client.",
        {
          value: query,
        },
      );
    },
    on(event: "event", listener: (event: CacheEvent) => void, options?: ListenOptions): () => void {
      if (event !== "event" || typeof listener !== "function") {
        throw new EvercacheError("INVALID_OPTION", '$cache.on: write $cache.on("event", (event) => …).', {
          value: event,
        });
      }
      return cache.on(listener, listenOptions(options));
    },
    disconnect: (): Promise<void> => cache.close(),
  };
}

function listenOptions(given: ListenOptions | undefined): ListenOptions {
  if (given === undefined) return {};
  const name = "$cache.on";
  const options = asObject(given, name, 'write { hits: "none" }, or leave it out');
  checkNames(options, ["hits", "takesWarnings"], name);
  const { hits = "all", takesWarnings } = options;
  if (!HITS_HEARD.includes(hits as HitsHeard)) {
    throw new EvercacheError("INVALID_OPTION", `${name}: hits must be one of ${HITS_HEARD.join(", ")}.`, {
      value: hits,
    });
  }
  checkFlag(takesWarnings, `${name}: takesWarnings`);
  return { hits: hits as HitsHeard, takesWarnings: takesWarnings !== false };
}

const HITS_HEARD: readonly HitsHeard[] = ["all", "asked", "none"];
const TOP = 20;

/** Of how many queries of each kind `stats` is to tell; null: of none. */
function topOf(input: unknown): number | null {
  if (input === undefined) return null;
  const { queries, ...others } = asObject(input, "$cache.stats", "write $cache.stats({ queries: true })");
  checkNames(others, ["queries"], "$cache.stats");
  if (queries === undefined || queries === false) return null;
  if (queries === true) return TOP;
  const hint = "write true, or { top: 20 }";
  const { top = TOP, ...rest } = asObject(queries, "$cache.stats: queries", hint);
  checkNames(rest, ["top"], "$cache.stats: queries");
  if (Number.isSafeInteger(top) && (top as number) >= 1 && (top as number) <= MOST_SHAPES) return top as number;
  throw new EvercacheError(
    "INVALID_OPTION",
    `$cache.stats: queries.top: write a whole number from 1 to ${MOST_SHAPES}.`,
    { value: top },
  );
}

/** Nothing is checked before it is awaited: what is wrong rejects, as it does everywhere. */
function askRaw(runtime: Runtime, hooked: ExtensibleClient, options: unknown, query: unknown): LazyQuery<unknown> {
  const operation = (query as { strings?: unknown } | null)?.strings ? "$queryRaw" : "$queryRawTyped";
  return new LazyQuery({ model: undefined, operation }, async () => {
    const raw = parseRawQuery(runtime, options, query);
    const client = (runtime.transactions.currentClient() ?? hooked) as Record<
      string,
      (query: unknown) => Promise<unknown>
    >;
    return askingFor(raw, async () => client[operation]!(query));
  });
}

/** Prisma notes on its promises of a model's operation which it is. */
function subjectOf(query: unknown): Subject {
  const { model, action } = (query as { spec?: { model?: string; action?: string } }).spec ?? {};
  return { model, operation: action };
}

/** @throws EvercacheError for a name that the schema does not have */
function tagsOf({ dataModel }: Runtime, input: unknown): Tag[] {
  const target = asObject(
    input,
    "$cache.invalidate",
    'write { tags: ["home"] }, { models: ["Product"] } or { rows: { Product: [{ id: 1 }] } }',
  );
  checkNames(target, ["tags", "models", "rows"], "$cache.invalidate");
  const { tags = [], models = [], rows = {} } = target;
  const changed = new Set<Tag>();
  for (const name of namesOf(tags, "tags")) changed.add(customTag(name));
  for (const model of namesOf(models, "models")) {
    checkModel(model);
    for (const tag of tagsOfModel(dataModel, model)) changed.add(tag);
  }
  for (const [model, selectors] of Object.entries(asObject(rows, "rows"))) {
    checkModel(model);
    if (!Array.isArray(selectors)) {
      throw new EvercacheError("INVALID_OPTION", `rows.${model}: write an array of rows, for example [{ id: 1 }].`, {
        value: selectors,
      });
    }
    for (const tag of invalidationOf(dataModel, model, selectors)) changed.add(tag);
  }
  return [...changed];

  function checkModel(model: string): void {
    if (!dataModel.models.has(model)) throw unknownModel("$cache.invalidate", model, dataModel);
  }
}

function namesOf(value: unknown, name: string): string[] {
  if (areTagNames(value)) return value;
  throw new EvercacheError("INVALID_OPTION", `$cache.invalidate: ${name} must be an array of names.`, { value });
}
