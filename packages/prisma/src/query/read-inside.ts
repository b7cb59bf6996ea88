import type { ReadCall } from "../client/hook.js";
import { currentScope, explained } from "../client/query-scope.js";
import type { CachedView } from "../runtime.js";
import { explain } from "./explain.js";
import { planRead } from "./plan.js";

/** A read of a client on which another extension may yet rewrite the arguments: past the cache. */
export async function readInside(view: CachedView, call: ReadCall): Promise<unknown> {
  const { runtime } = view;
  const planned = planRead(view, call);
  const { args } = planned;
  const bypass = planned.kind === "bypass" ? planned.bypass : ({ reason: "inner-extension" } as const);
  const scope = currentScope(call);
  if (scope?.kind === "explain") explained(scope, await explain(view, call, { kind: "bypass", bypass, args }));
  const { model, operation } = call;
  runtime.cache.report({ type: "bypass", model, operation, ...bypass });
  return call.query(args);
}
