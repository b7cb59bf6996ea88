import { AsyncLocalStorage } from "node:async_hooks";
import type { HookCall } from "../client/hook.js";
import { currentScope } from "../client/query-scope.js";
import { sqlOf } from "../mutation/raw-sql.js";
import type { CachedView } from "../runtime.js";
import { bypassInfo } from "./bypass.js";
import { planRawQuery, type RawQuery } from "./raw-query.js";
import { RAW_SOURCE } from "./raw-source.js";

const asked = new AsyncLocalStorage<RawQuery>();
let asking = 0;

/** Runs a raw operation whose query, once it comes to the hook, is to be read through the cache. */
export async function askingFor<T>(query: RawQuery, run: () => Promise<T>): Promise<T> {
  asking++;
  try {
    return await asked.run(query, run);
  } finally {
    asking--;
  }
}

/** Whether this raw operation is the one that is asked for: extensions may run others around it. */
export function askedBy(call: HookCall): RawQuery | undefined {
  const query = asking === 0 ? undefined : asked.getStore();
  return query !== undefined && sqlOf(call.operation, call.args).text === query.sql ? query : undefined;
}

/** A query in SQL, through the cache where it may. */
export async function readRaw(view: CachedView, call: HookCall, query: RawQuery): Promise<unknown> {
  const { cache } = view.runtime;
  const scope = currentScope(call);
  const decision = planRawQuery(view, call, query);
  if (decision.kind === "bypass") {
    const { bypass } = decision;
    cache.report({ type: "bypass", ...RAW_SOURCE, ...bypass });
    if (scope?.kind === "info") scope.info = bypassInfo(bypass.reason);
    return call.query(call.args);
  }
  const result = await cache.read(decision.plan);
  if (scope?.kind === "info") scope.info = result.info;
  return result.data;
}
