import { dataPathOf, type HookCall } from "../client/hook.js";
import { notFoundError } from "../client/not-found.js";
import type { ReadOperation } from "../client/operation.js";
import { currentScope, explained } from "../client/query-scope.js";
import type { CachedView } from "../runtime.js";
import { bypassInfo } from "./bypass.js";
import { explain } from "./explain.js";
import { planRead } from "./plan.js";

/** A read operation, through the cache where it may. */
export async function read(
  view: CachedView,
  call: HookCall & { readonly model: string; readonly operation: ReadOperation },
): Promise<unknown> {
  const { runtime, base, internals } = view;
  const scope = currentScope(call);
  const decision = planRead(view, call);
  if (scope?.kind === "explain") explained(scope, await explain(view, call, decision));

  if (decision.kind === "bypass") {
    const { reason, detail } = decision.bypass;
    const { model, operation } = call;
    runtime.cache.report({ type: "bypass", model, operation, reason, ...(detail === undefined ? {} : { detail }) });
    if (scope) scope.info = bypassInfo(reason);
    return call.query(decision.args);
  }

  const result = await runtime.cache.read(decision.plan);
  if (scope) scope.info = result.info;
  const { data } = result;
  if (data === null && throwsNotFound(call))
    throw notFoundError(base, { ...call, args: decision.args }, internals.clientVersion, result.status !== "hit");
  return data;
}

function throwsNotFound(call: HookCall): boolean {
  return call.operation.endsWith("OrThrow") && dataPathOf(call).length === 0;
}
