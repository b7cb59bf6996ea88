import type { HookQuery, TransactionInfo } from "../client/hook.js";
import type { ExtensibleClient } from "../client/internals.js";
import { makeLeanPromise } from "../client/lean-promise.js";
import { READ_OPERATIONS, type ReadOperation } from "../client/operation.js";
import { withInfo, type Subject } from "../client/query-scope.js";
import { clientName } from "../schema/data-model.js";
import type { ResultWithAccelerateInfo } from "../types/accelerate.js";
import { withCacheArgument } from "./cache-strategy.js";
import { accelerateInfo, signatureOf } from "./info.js";

type Delegate = Readonly<Record<ReadOperation, (args?: unknown) => HookQuery>>;
type ReadMethod = (this: { readonly $parent: ExtensibleClient } | undefined, args?: unknown) => unknown;

/**
 * Methods that take `cacheStrategy` and hand on `cache`, to the methods of the same names below them; what these return
 * gets `withAccelerateInfo()`.
 * @param cached the client with the cache, for methods that were taken off their delegates
 */
export function strategyMethods(
  models: readonly string[],
  cached: ExtensibleClient,
): Record<string, Record<string, ReadMethod>> {
  return Object.fromEntries(
    models.map((model) => [
      clientName(model),
      Object.fromEntries(READ_OPERATIONS.map((operation) => [operation, readMethod(model, operation, cached)])),
    ]),
  );
}

function readMethod(model: string, operation: ReadOperation, cached: ExtensibleClient): ReadMethod {
  const name = clientName(model);
  const subject = { model, operation };
  // A function called on a proxy, and the call of the method below right in it: Prisma looks past such frames when an
  // error shows the place where the application called.
  return function (this, given) {
    let args: unknown;
    try {
      args = withCacheArgument(given);
    } catch (error) {
      return rejecting(subject, given, error);
    }
    const delegate = (this?.$parent ?? cached)[name] as Delegate;
    // Without a delegate here it is without one below, where that means the transaction that the code runs in.
    const promise = this ? delegate[operation](args) : Reflect.apply(delegate[operation], undefined, [args]);
    return Object.assign(promise, {
      withAccelerateInfo: () =>
        informed(subject, args, () => (this ? delegate[operation](args) : Reflect.apply(delegate[operation], undefined, [args]))),
    });
  };
}

/** As Prisma's promise of the result and its info: nothing runs before it is awaited, or told its transaction. */
function informed(subject: Subject, args: unknown, ask: () => HookQuery): HookQuery {
  return promiseOf(subject, args, async (transaction): Promise<ResultWithAccelerateInfo<unknown>> => {
    const run = transaction === undefined ? ask : () => ask().requestTransaction(transaction);
    const { data, info } = await withInfo(subject, run);
    return { data, info: info ? accelerateInfo(info, signatureOf(subject, args)) : null };
  });
}

/** What is wrong is said when the promise is awaited, as by Prisma. */
function rejecting(subject: Subject, args: unknown, error: unknown): unknown {
  const fail = () => promiseOf(subject, args, () => Promise.reject(error));
  return Object.assign(fail(), { withAccelerateInfo: fail });
}

function promiseOf(
  { model, operation }: Subject,
  args: unknown,
  ask: (transaction?: TransactionInfo) => Promise<unknown>,
): HookQuery {
  return makeLeanPromise(ask, { action: operation, args, model });
}
