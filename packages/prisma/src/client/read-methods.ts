import { clientName } from "../schema/data-model.js";
import type { FastPath, FastMethod, ModelContext } from "./fast-path.js";
import type { Delegate } from "./fast-read.js";
import { informed } from "./informed.js";
import { READ_OPERATIONS, type ReadOperation } from "./operation.js";

type ReadMethod = (this: ModelContext | undefined, args?: unknown) => PromiseLike<unknown>;

/**
 * The read methods of each model: those of the fast path where it is for them, else Prisma's, whose promises then also
 * have `withCacheInfo()`.
 * @param current the client, or the transaction's, that a method belongs to which was taken off its delegate
 */
export function readMethods(
  models: readonly string[],
  fastPath: FastPath,
  current: () => unknown,
): Record<string, Record<string, ReadMethod>> {
  return Object.fromEntries(
    models.map((model) => [
      clientName(model),
      Object.fromEntries(
        READ_OPERATIONS.map((operation) => [operation, readMethod(model, operation, fastPath, current)]),
      ),
    ]),
  );
}

function readMethod(model: string, operation: ReadOperation, fastPath: FastPath, current: () => unknown): ReadMethod {
  const subject = { model, operation };
  /** Undefined: not looked at yet. Null: no read of this kind is fast. */
  let fast: FastMethod | null | undefined;
  /** The one that it is nearly always called on. */
  let plain: ModelContext | undefined;
  // A function called on a proxy, and the call of Prisma right in it: Prisma looks past such frames when an error shows
  // the place where the application called.
  return function (this: ModelContext | undefined, args?: unknown) {
    if (fast === undefined) fast = fastPath.method(model, operation);
    if (fast !== null && ((this !== undefined && this === plain) || fastPath.isPlain(this))) {
      // oxlint-disable-next-line typescript/no-this-alias -- it is kept to be known again
      plain ??= this;
      const { reader, Read } = fast;
      return new Read(reader, args, reader.isLocated ? reader.hooked[operation]!(args) : undefined) as never;
    }
    const client = (this?.$parent ?? current()) as Readonly<Record<string, Delegate>>;
    const delegate = client[model]!;
    return informed(subject, delegate[operation]!(args), () => delegate[operation]!(args));
  };
}
