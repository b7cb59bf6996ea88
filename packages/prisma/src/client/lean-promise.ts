import type { HookQuery, TransactionInfo } from "./hook.js";
import type { ExtensibleClient } from "./internals.js";

/** Asks for a query's result, in a transaction where one is given. */
type Ask = (transaction?: TransactionInfo) => PromiseLike<unknown>;
/** How a client makes its promises. `spec`: what it is asked for. */
type MakePromise = (ask: Ask, spec?: unknown) => HookQuery;

const METHOD = "_createPrismaPromise";
const MEMBERS = ["spec", "then", "catch", "finally", "requestTransaction"];

/**
 * Prisma's promises tell their `spec` by a getter. A getter that is made anew for each object gives it a hidden class of its
 * own in V8; that lies in old memory, and with it all that it leads to outlives every collection of young memory: each
 * result, until all of the memory is gone through. `client`, which must be nobody else's, makes the same promises without a
 * getter from now on. Where Prisma's are not as they are known to be, or have no getter, it stays as it is.
 */
export function withLeanPromises<T extends ExtensibleClient>(client: T): T {
  const make = client[METHOD] as MakePromise | undefined;
  if (typeof make === "function" && isKnown(make)) {
    Object.defineProperty(client, METHOD, { value: makeLeanPromise, configurable: true, writable: true });
  }
  return client;
}

/** A promise like Prisma's: asks when it is first awaited, and once; in a batch, each time that it is told its transaction. */
export const makeLeanPromise: MakePromise = (ask, spec) => {
  let running: HookQuery | undefined;
  const start = (transaction?: TransactionInfo): HookQuery => {
    try {
      // In a batch each asking is one of its own.
      const isOnce = transaction === undefined || transaction?.kind === "itx";
      return isOnce ? (running ??= asPromise(ask(transaction))) : asPromise(ask(transaction));
    } catch (error) {
      return Promise.reject(error) as HookQuery;
    }
  };
  return {
    spec,
    // oxlint-disable-next-line unicorn/no-thenable
    then: (onFulfilled, onRejected) => start().then(onFulfilled, onRejected),
    catch: (onRejected) => start().catch(onRejected),
    finally: (onFinally) => start().finally(onFinally),
    requestTransaction: (transaction) => {
      const started = start(transaction);
      return started.requestTransaction ? started.requestTransaction(transaction) : started;
    },
    [Symbol.toStringTag]: "PrismaPromise",
  } as HookQuery & { readonly spec: unknown };
};

function asPromise(answer: PromiseLike<unknown>): HookQuery {
  return (typeof answer.then === "function" ? answer : Promise.resolve(answer)) as HookQuery;
}

/** By the function that makes them, of which each client has one. */
const KNOWN = new WeakMap<MakePromise, boolean>();

function isKnown(make: MakePromise): boolean {
  let is = KNOWN.get(make);
  if (is === undefined) KNOWN.set(make, (is = isAsExpected(make)));
  return is;
}

/** Looks at promises of it that ask for nothing. */
function isAsExpected(make: MakePromise): boolean {
  try {
    const spec = {};
    const answer = Promise.resolve();
    const asked: unknown[] = [];
    const promise = make((transaction) => {
      asked.push(transaction);
      return answer;
    }, spec);
    const isLazy = asked.length === 0;
    const batch: TransactionInfo = { kind: "batch", id: 0 };
    const itx: TransactionInfo = { kind: "itx", id: 0 };
    return (
      Object.getOwnPropertyNames(promise).join() === MEMBERS.join() &&
      promise[Symbol.toStringTag] === "PrismaPromise" &&
      (promise as { readonly spec?: unknown }).spec === spec &&
      Object.getOwnPropertyDescriptor(promise, "spec")?.get !== undefined &&
      isLazy &&
      promise.requestTransaction(batch) === answer &&
      promise.then(null) instanceof Promise &&
      promise.catch(null) instanceof Promise &&
      promise.finally(null) instanceof Promise &&
      promise.requestTransaction(itx) === answer &&
      asked.length === 2 &&
      asked[0] === batch &&
      asked[1] === undefined
    );
  } catch {
    return false;
  }
}
