import type { ReadResult } from "@evercache/core";
import { dataPathOf, type ReadCall } from "../client/hook.js";
import { notFoundError } from "../client/not-found.js";
import { currentScope, explained, type QueryScope } from "../client/query-scope.js";
import type { CachedView } from "../runtime.js";
import { bypassInfo } from "./bypass.js";
import { explain } from "./explain.js";
import { planRead, type ReadDecision } from "./plan.js";

/**
 * A read operation, through the cache where it may.
 * @throws EvercacheError for a bad `cache` argument, before there is a promise
 */
export function read(view: CachedView, call: ReadCall): Promise<unknown> {
  const scope = currentScope(call);
  return scope === undefined ? answer(view, call) : readFor(scope, view, call);
}

/** A read that nobody around it asks about. As few steps as can be: a hit in memory takes not much longer than they. */
export function answer(view: CachedView, call: ReadCall, plan = planRead(view, call)): Promise<unknown> {
  if (plan.kind === "bypass") return pastCache(view, call, plan);
  const { cache, recordings } = view.runtime;
  if (recordings.isOn) recordings.note(plan, call);
  const now = cache.readNow(plan);
  if (now !== undefined && (now !== null || !throwsNotFound(call))) return Promise.resolve(now);
  const answered = now === undefined ? cache.ask(plan) : Promise.resolve(NOTHING_AT_HAND);
  return throwsNotFound(call) ? foundData(view, call, plan.args, answered) : answered.then(dataOf);
}

const NOTHING_AT_HAND = { data: null, status: "hit" } as const;

async function readFor(scope: QueryScope, view: CachedView, call: ReadCall): Promise<unknown> {
  if (scope.kind === "call") {
    scope.call = call;
    return null;
  }
  const plan = planRead(view, call);
  if (scope.kind === "explain") explained(scope, await explain(view, call, plan));
  if (plan.kind === "bypass") {
    scope.info = bypassInfo(plan.bypass.reason);
    return pastCache(view, call, plan);
  }
  const { cache, recordings } = view.runtime;
  if (recordings.isOn) recordings.note(plan, call);
  const answered = cache.read(plan);
  const { data, info } = await answered;
  scope.info = info;
  return throwsNotFound(call) ? foundData(view, call, plan.args, answered) : data;
}

function pastCache(
  { runtime }: CachedView,
  call: ReadCall,
  { bypass: { reason, detail }, args }: ReadDecision & { readonly kind: "bypass" },
): Promise<unknown> {
  const { model, operation } = call;
  runtime.cache.report({ type: "bypass", model, operation, reason, ...(detail === undefined ? {} : { detail }) });
  return call.query(args);
}

type Answered = Pick<ReadResult<unknown>, "data" | "status">;

function dataOf({ data }: Answered): unknown {
  return data;
}

function throwsNotFound(call: ReadCall): boolean {
  return call.operation.endsWith("OrThrow") && dataPathOf(call).length === 0;
}

async function foundData(
  { base, internals }: CachedView,
  call: ReadCall,
  args: unknown,
  answered: Promise<Answered>,
): Promise<unknown> {
  const { data, status } = await answered;
  if (data !== null) return data;
  const located = call.located ? await call.located() : call;
  throw notFoundError(base, located, args, internals.clientVersion, status === "miss" || status === "bypass");
}
