import { EvercacheError } from "@evercache/core";
import { READ_OPERATIONS, type ReadOperation } from "./operation.js";
import { withInfo, type Subject } from "./query-scope.js";

type Method = (args?: unknown) => PromiseLike<unknown>;
type Delegate = Readonly<Record<ReadOperation, Method>>;

/** A model of a client, as a model extension's method sees it; undefined where the method was taken off its delegate. */
type ModelContext = { readonly $parent: Readonly<Record<string, Delegate>> } | undefined;
type ReadMethods = Record<string, (this: ModelContext, args?: unknown) => PromiseLike<unknown>>;

/**
 * The read methods of each model, whose promises also have `withCacheInfo()`.
 * @param current the client, or the transaction's, that a method belongs to which was taken off its delegate
 */
export function withCacheInfoMethods(models: readonly string[], current: () => unknown): Record<string, ReadMethods> {
  return Object.fromEntries(
    models.map((model) => [
      model.charAt(0).toLowerCase() + model.slice(1),
      Object.fromEntries(
        READ_OPERATIONS.map((operation) => [
          operation,
          // A function called on a proxy, and the call right in it: Prisma looks past such frames when an error shows
          // the place where the application called.
          function (this: ModelContext, args?: unknown) {
            const delegate = (this?.$parent ?? (current() as Readonly<Record<string, Delegate>>))[model]!;
            return informed({ model, operation }, delegate[operation](args), () => delegate[operation](args));
          },
        ]),
      ),
    ]),
  );
}

/**
 * Prisma's own promise, lazy as ever, with `withCacheInfo` on it and on what its fluent methods return. `again` makes
 * another one for the informed run, since a promise that has run does not run again.
 */
function informed(
  subject: Subject,
  promise: PromiseLike<unknown>,
  again: () => PromiseLike<unknown>,
): PromiseLike<unknown> {
  return new Proxy(promise, {
    get(target, name) {
      if (name === "withCacheInfo") return () => run(subject, again);
      const value: unknown = Reflect.get(target, name);
      // A fluent method is a function that the proxy makes up: the promise itself has no such property.
      if (
        typeof value !== "function" ||
        typeof name === "symbol" ||
        name in Object.prototype ||
        OWN_METHODS.has(name)
      ) {
        return value;
      }
      return function (this: unknown, args?: unknown) {
        return informed(subject, (value as Method)(args), () => (Reflect.get(again(), name) as Method)(args));
      };
    },
  });
}

const OWN_METHODS: ReadonlySet<string> = new Set(["then", "catch", "finally", "requestTransaction"]);

async function run(subject: Subject, again: () => PromiseLike<unknown>): Promise<{ data: unknown; info: unknown }> {
  const { data, info } = await withInfo(subject, again);
  if (info) return { data, info };
  throw new EvercacheError(
    "NOT_A_QUERY",
    "withCacheInfo(): another extension answered this query, so the cache was never asked.",
  );
}
