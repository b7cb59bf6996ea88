import { AsyncLocalStorage } from "node:async_hooks";
import type { ReadInfo } from "@evercache/core";
import type { Explanation } from "../types.js";
import type { HookCall } from "./hook.js";

/** What the code around a query wants to know of it. */
export type QueryScope =
  | (Subject & { readonly kind: "info"; info?: ReadInfo })
  | (Subject & { readonly kind: "explain"; explanation?: Explanation })
  | (Subject & { readonly kind: "call"; call?: HookCall });

/** Which query is meant: another extension may run others on the way. Undefined: any. */
export interface Subject {
  readonly model: string | undefined;
  readonly operation: string | undefined;
}

const scopes = new AsyncLocalStorage<QueryScope>();
/** Scopes that are running: while there is none, which is nearly always, no read needs to look for its own. */
let running = 0;

/** Ends a query that was only to be explained, before it reaches the database. */
const EXPLAINED = Symbol("evercache.explained");

export function currentScope(query: Subject): QueryScope | undefined {
  if (running === 0) return undefined;
  const scope = scopes.getStore();
  const isMeant =
    scope && (scope.model ?? query.model) === query.model && (scope.operation ?? query.operation) === query.operation;
  return isMeant ? scope : undefined;
}

/** Runs a read and returns its result and where it came from; `info` is undefined where the hook was never reached. */
export async function withInfo<T>(
  { model, operation }: Subject,
  run: () => PromiseLike<T>,
): Promise<{ data: T; info: ReadInfo | undefined }> {
  const scope: QueryScope = { model, operation, kind: "info" };
  const data = await runIn(scope, run);
  return { data, info: scope.info };
}

/** Starts a query far enough for the hook to explain it. Undefined where the hook was never reached. */
export async function explaining(
  { model, operation }: Subject,
  start: () => PromiseLike<unknown>,
): Promise<Explanation | undefined> {
  const scope: QueryScope = { model, operation, kind: "explain" };
  try {
    await runIn(scope, start);
  } catch (error) {
    if (error !== EXPLAINED) throw error;
  }
  return scope.explanation;
}

/** Starts a query far enough for the hook to be called, and returns with what. Undefined where it never was. */
export async function hookCallOf(
  { model, operation }: Subject,
  start: () => PromiseLike<unknown>,
): Promise<HookCall | undefined> {
  const scope: QueryScope = { model, operation, kind: "call" };
  await runIn(scope, start);
  return scope.call;
}

async function runIn<T>(scope: QueryScope, run: () => PromiseLike<T>): Promise<T> {
  running++;
  try {
    return await scopes.run(scope, async () => await run());
  } finally {
    running--;
  }
}

export function explained(scope: QueryScope & { kind: "explain" }, explanation: Explanation): never {
  scope.explanation = explanation;
  throw EXPLAINED;
}
