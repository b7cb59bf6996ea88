import type { ReadExplanation } from "../types.js";
import type { ReadCall } from "../client/hook.js";
import type { CachedView } from "../runtime.js";
import { queryOf, type ReadDecision } from "./plan.js";
import { reasonsOfRead } from "./reasons.js";

/** What a read would do now, and why, which came to the hook. Asks the store, never the database. */
export async function explain(view: CachedView, call: ReadCall, decision: ReadDecision): Promise<ReadExplanation> {
  const { model, operation } = call;
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
  const { runtime } = view;
  const { key, tags, absentTags, policy, args } = decision;
  const verdict = await runtime.cache.inspect(decision);
  return {
    kind: "read",
    model,
    operation,
    key,
    tags,
    absentTags,
    entryTags: "tags" in verdict ? verdict.tags : null,
    reasons: reasonsOfRead(runtime.dataModel, queryOf(view, call, args), [...new Set([...tags, ...absentTags])]),
    policy,
    path: "hook",
    verdict: verdict.kind,
    reason: "reason" in verdict ? verdict.reason : null,
  };
}
