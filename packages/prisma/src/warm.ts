import { setTimeout as pause } from "node:timers/promises";
import { asObject, checkNames, EvercacheError } from "@evercache/core";
import type { WarmOptions, WarmQuery, WarmResult } from "./types/warm.js";

/** Errors that are kept: the first ones tell what is wrong. */
const MOST_ERRORS = 10;

/** What runs a query. */
type Run = () => PromiseLike<unknown>;
/** Checks a recorded query; throws where it is wrong. `name`: of its place. */
type ParseRecorded = (query: unknown, name: string) => Run;

/** Runs queries so that their results are in the cache, a few at a time. */
export async function warm(
  queries: Iterable<WarmQuery> | AsyncIterable<WarmQuery>,
  parseRecorded: ParseRecorded,
  options: WarmOptions = {},
): Promise<WarmResult> {
  const { concurrency, interval, onProgress, signal } = parse(options);
  const runOf = (query: unknown, name: string): Run => {
    if (typeof query === "function") return query as Run;
    return isPromise(query) ? () => query : parseRecorded(query, `$cache.warm: ${name}`);
  };
  // Where all of them are at hand, all are looked at before any runs.
  const list = iterate(Array.isArray(queries) ? queries.map((query, i) => runOf(query, `queries[${i}]`)) : queries);
  const total = Array.isArray(queries) ? queries.length : null;
  const errors: unknown[] = [];
  let done = 0;
  let failed = 0;
  let mayStart = 0;
  let isOver = false;
  const takeTurn = async (): Promise<void> => {
    const now = performance.now();
    const start = Math.max(now, mayStart);
    mayStart = start + interval;
    // Its own error says less than the signal's reason.
    if (start > now) await pause(start - now, undefined, { signal }).catch(() => {});
  };
  const work = async (): Promise<void> => {
    for (;;) {
      if (isOver) return;
      signal?.throwIfAborted();
      const query = await list.next();
      if (query.done === true) return;
      if (interval > 0) await takeTurn();
      signal?.throwIfAborted();
      const run = runOf(query.value, "a query");
      try {
        await run();
      } catch (error) {
        failed++;
        if (errors.length < MOST_ERRORS) errors.push(error);
      }
      done++;
      onProgress?.({ done, failed, total });
    }
  };
  try {
    await Promise.all(Array.from({ length: concurrency }, work));
  } finally {
    // Whoever still works on a query takes no other one, and the list may let go of what it holds.
    isOver = true;
    void Promise.resolve(list.return?.()).catch(() => {});
  }
  return { done, failed, errors };
}

function isPromise(query: unknown): query is PromiseLike<unknown> {
  return typeof (query as { readonly then?: unknown } | null | undefined)?.then === "function";
}

type QueryIterator = Iterator<WarmQuery> | AsyncIterator<WarmQuery>;

function iterate(queries: unknown): QueryIterator {
  if (typeof queries === "object" && queries !== null) {
    const list = queries as Partial<Iterable<WarmQuery> & AsyncIterable<WarmQuery>>;
    const iterator = list[Symbol.asyncIterator]?.() ?? list[Symbol.iterator]?.();
    if (iterator) return iterator;
  }
  throw new EvercacheError(
    "INVALID_OPTION",
    "$cache.warm: pass a list of queries that are not awaited, or of functions: [() => prisma.product.findMany()].",
    { value: queries },
  );
}

function parse(input: unknown) {
  const options = asObject(input, "$cache.warm", "write { concurrency: 4 } or leave it out");
  checkNames(options, ["concurrency", "perSecond", "onProgress", "signal"], "$cache.warm");
  const { concurrency = 4, perSecond } = options;
  if (typeof concurrency !== "number" || !Number.isSafeInteger(concurrency) || concurrency < 1) {
    throw invalid("concurrency", concurrency, "a whole number from 1 on");
  }
  if (perSecond !== undefined && !(typeof perSecond === "number" && perSecond > 0)) {
    throw invalid("perSecond", perSecond, "a number above 0");
  }
  const { onProgress, signal } = options as WarmOptions;
  if (onProgress !== undefined && typeof onProgress !== "function") {
    throw invalid("onProgress", onProgress, "a function");
  }
  return { concurrency, interval: perSecond === undefined ? 0 : 1000 / perSecond, onProgress, signal };
}

function invalid(name: string, value: unknown, hint: string): EvercacheError {
  return new EvercacheError("INVALID_OPTION", `$cache.warm: ${name}: write ${hint}.`, { value });
}
