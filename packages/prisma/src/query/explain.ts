import type { Explanation } from "../types.js";
import type { HookCall } from "../client/hook.js";
import type { Runtime } from "../runtime.js";
import type { ReadDecision } from "./plan.js";

/** What a read would do now, and why. Asks the store, never the database. */
export async function explain(
  runtime: Runtime,
  { model, operation }: HookCall & { readonly model: string },
  decision: ReadDecision,
): Promise<Explanation> {
  if (decision.kind === "bypass") {
    const { reason, detail } = decision.bypass;
    return {
      model,
      operation,
      key: null,
      tags: [],
      absentTags: [],
      policy: null,
      verdict: "bypass",
      reason: detail === undefined ? reason : `${reason}: ${detail}`,
    };
  }
  const { key, tags, absentTags, policy } = decision.plan;
  const verdict = await runtime.cache.inspect(decision.plan);
  const reason = verdict.kind === "hit" ? null : verdict.reason;
  return { model, operation, key, tags, absentTags, policy, verdict: verdict.kind, reason };
}
