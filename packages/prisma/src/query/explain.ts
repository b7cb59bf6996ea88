import { entryTags } from "@evercache/core";
import type { ReadExplanation } from "../types.js";
import type { HookCall } from "../client/hook.js";
import type { Runtime } from "../runtime.js";
import type { ReadDecision } from "./plan.js";
import { reasonsOfRead } from "./reasons.js";

/** What a read would do now, and why, which came to the hook. Asks the store, never the database. */
export async function explain(
  runtime: Runtime,
  { model, operation }: HookCall & { readonly model: string },
  decision: ReadDecision,
): Promise<ReadExplanation> {
  if (decision.kind === "bypass") {
    const { reason, detail } = decision.bypass;
    return {
      kind: "read",
      model,
      operation,
      key: null,
      tags: [],
      absentTags: [],
      entryTags: null,
      reasons: {},
      policy: null,
      path: "hook",
      verdict: "bypass",
      reason: detail === undefined ? reason : `${reason}: ${detail}`,
    };
  }
  const { plan, query } = decision;
  const { key, tags, absentTags, policy } = plan;
  const verdict = await runtime.cache.inspect(plan);
  return {
    kind: "read",
    model,
    operation,
    key,
    tags,
    absentTags,
    entryTags: verdict.kind === "hit" ? entryTags(plan, verdict.entry) : null,
    reasons: reasonsOfRead(runtime.dataModel, query, [...new Set([...tags, ...absentTags])]),
    policy,
    path: "hook",
    verdict: verdict.kind,
    reason: verdict.kind === "hit" ? null : verdict.reason,
  };
}
