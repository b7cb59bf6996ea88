import { tagGroup, type Effects } from "@evercache/core";
import type { HookCall } from "../client/hook.js";
import type { DataModel } from "../schema/data-model.js";
import { twinOf } from "../schema/volatile.js";
import type { WriteExplanation } from "../types.js";
import { reasonsOfRaw, reasonsOfWrite } from "./reasons.js";

/** What a write would drop. `args`: those that would be run. */
export function explainWrite(
  dataModel: DataModel,
  { model, operation }: HookCall & { readonly model: string },
  args: unknown,
  effects: Effects,
): WriteExplanation {
  const reasons = reasonsOfWrite(dataModel, { model, operation, args }, effects);
  return { kind: "write", model, operation, ...reach(dataModel, effects), reasons };
}

/** What a statement in SQL would drop. */
export function explainRaw(
  dataModel: DataModel,
  { operation }: HookCall,
  sql: string | null,
  effects: Effects,
): WriteExplanation {
  const reasons = reasonsOfRaw(dataModel, sql, effects.changed);
  return { kind: "write", model: null, operation, ...reach(dataModel, effects), reasons };
}

function reach({ models }: DataModel, { changed, fenced }: Effects) {
  const names = [...changed, ...fenced].map((tag) => twinOf(tagGroup(tag)) ?? tagGroup(tag));
  return { models: [...new Set(names)].filter((name) => models.has(name)).sort(), changed, fenced };
}
