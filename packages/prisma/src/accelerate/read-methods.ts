import type { HookQuery } from "../client/hook.js";
import type { ExtensibleClient } from "../client/internals.js";
import { makeLeanPromise } from "../client/lean-promise.js";
import { READ_OPERATIONS, type ReadOperation } from "../client/operation.js";
import { withInfo, type Subject } from "../client/query-scope.js";
import { clientName } from "../schema/data-model.js";
import type { ResultWithAccelerateInfo } from "../types/accelerate.js";
import { accelerateInfo, signatureOf } from "./info.js";

type Delegate = Readonly<Record<ReadOperation, (args?: unknown) => HookQuery>>;
type ReadMethod = (this: { readonly $parent: ExtensibleClient } | undefined, args?: unknown) => HookQuery;

/**
 * The read methods of each model: those below, whose promises then also have `withAccelerateInfo()`.
 * @param cached the client with the cache, for methods that were taken off their delegates
 */
export function informingMethods(
  models: readonly string[],
  cached: ExtensibleClient,
): Record<string, Record<string, ReadMethod>> {
  return Object.fromEntries(
    models.map((model) => [
      clientName(model),
      Object.fromEntries(READ_OPERATIONS.map((operation) => [operation, informingMethod(model, operation, cached)])),
    ]),
  );
}

function informingMethod(model: string, operation: ReadOperation, cached: ExtensibleClient): ReadMethod {
  const name = clientName(model);
  const subject = { model, operation };
  // A function called on a proxy, and the call of the method below right in it: Prisma looks past such frames when an
  // error shows the place where the application called.
  return function (this, args) {
    const delegate = (this?.$parent ?? cached)[name] as Delegate;
    // Taken off its delegate, a method belongs to the transaction that the code runs in: the one below knows which.
    const { [operation]: detached } = delegate;
    const promise = this ? delegate[operation](args) : detached(args);
    const again = () => (this ? delegate[operation](args) : detached(args));
    return Object.assign(promise, { withAccelerateInfo: () => informed(subject, args, again) });
  };
}

/** As Prisma's promises: nothing runs before it is awaited, or told its transaction. */
function informed(subject: Subject, args: unknown, ask: () => HookQuery): HookQuery {
  const { model, operation } = subject;
  const spec = { action: operation, args, model };
  return makeLeanPromise(async (transaction): Promise<ResultWithAccelerateInfo<unknown>> => {
    const run = transaction === undefined ? ask : () => ask().requestTransaction(transaction);
    const { data, info } = await withInfo(subject, run);
    return { data, info: info ? accelerateInfo(info, signatureOf(subject, args)) : null };
  }, spec);
}
