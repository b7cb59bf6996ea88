import { EvercacheError } from "@evercache/core";
import { withInfo, type Subject } from "./query-scope.js";

export type Method = (args?: unknown) => PromiseLike<unknown>;

/**
 * Prisma's own promise, lazy as ever, with `withCacheInfo` on it and on what its fluent methods return. `again` makes
 * another one for the informed run, since a promise that has run does not run again.
 */
export function informed(
  subject: Subject,
  promise: PromiseLike<unknown>,
  again: () => PromiseLike<unknown>,
): PromiseLike<unknown> {
  return new Proxy(promise, new Informing(subject, again));
}

class Informing implements ProxyHandler<PromiseLike<unknown>> {
  constructor(
    private readonly subject: Subject,
    private readonly again: () => PromiseLike<unknown>,
  ) {}

  get(target: PromiseLike<unknown>, name: string | symbol): unknown {
    // Of nearly every one of them this is all that is asked for.
    // oxlint-disable-next-line typescript/unbound-method -- whoever asked has the promise
    if (name === "then") return target.then;
    const { subject, again } = this;
    if (name === "withCacheInfo") return () => runInformed(subject, again);
    const value: unknown = Reflect.get(target, name);
    // A fluent method is a function that the proxy makes up: the promise itself has no such property.
    if (typeof value !== "function" || typeof name === "symbol" || name in Object.prototype || OWN_METHODS.has(name)) {
      return value;
    }
    // Called on a proxy, its frame is one that Prisma looks past when an error shows where the application called.
    return function (this: unknown, args?: unknown) {
      return informed(subject, (value as Method)(args), () => (Reflect.get(again(), name) as Method)(args));
    };
  }
}

/** Prisma's, and the one that `withAccelerate` gives to reads. */
const OWN_METHODS: ReadonlySet<string> = new Set(["catch", "finally", "requestTransaction", "withAccelerateInfo"]);

/** Runs a query, and tells where its result came from. */
export async function runInformed(
  subject: Subject,
  again: () => PromiseLike<unknown>,
): Promise<{ data: unknown; info: unknown }> {
  const { data, info } = await withInfo(subject, again);
  if (info) return { data, info };
  throw new EvercacheError(
    "NOT_A_QUERY",
    "withCacheInfo(): another extension answered this query, so the cache was never asked.",
  );
}
