import { tagGroup, type BypassReason, type MissReason, type Tag } from "@evercache/core";

/*
 * How many values a label can have. With these, a model has at most 41 time series: 16 of reads (4 operations, 4 results), 3 of
 * misses, 6 of bypasses, 8 of invalidations, 1 of time saved, 7 of the histogram of its loads.
 */

/** In the place of a model: what is of the whole cache, and strikes all models alike. */
export const WHOLE_CACHE = "(all)";
/** In the place of a model: tags that the application chose. */
export const CUSTOM_TAGS = "(tags)";

const OPERATIONS: Readonly<Record<string, string>> = {
  findUniqueOrThrow: "findUnique",
  findFirstOrThrow: "findFirst",
  count: "aggregate",
  groupBy: "aggregate",
};

/** `findUnique`, `findFirst`, `findMany` or `aggregate`; of SQL `queryRaw`. */
export function operationOf(operation: string): string {
  return OPERATIONS[operation] ?? operation;
}

const MISSES: Readonly<Record<MissReason, "model" | "cache">> = {
  absent: "model",
  expired: "model",
  invalidated: "model",
  foreign: "cache",
  damaged: "cache",
};

export function modelOfMiss(model: string, reason: MissReason): string {
  return MISSES[reason] === "model" ? model : WHOLE_CACHE;
}

const BYPASSES: Readonly<Record<BypassReason, "model" | "cache">> = {
  policy: "model",
  query: "model",
  transaction: "model",
  uncacheable: "model",
  quarantined: "model",
  joined: "model",
  adaptive: "model",
  unreachable: "cache",
  recovering: "cache",
  "inner-extension": "cache",
  "namespace-taken": "cache",
  paused: "cache",
};

export function modelOfBypass(model: string, reason: BypassReason): string {
  return BYPASSES[reason] === "model" ? model : WHOLE_CACHE;
}

/** The reasons of bypasses that are of the whole cache. */
export const BYPASSES_OF_CACHE = Object.entries(BYPASSES).flatMap(([reason, of]) => (of === "cache" ? [reason] : []));

/** That the model is not to be cached, or this query of it: settings both. */
export function reasonOfBypass(reason: BypassReason): string {
  return reason === "query" ? "policy" : reason;
}

/** What a write was: `create`, `update`, `delete`, `transaction`, `sql` or `other`. */
export function causeOf(operation: string | undefined): string {
  if (operation === undefined) return "other";
  if (operation === "$transaction") return "transaction";
  if (operation.startsWith("$")) return "sql";
  const verb = /^(?:create|update|delete)/.exec(operation)?.[0];
  return verb ?? (operation === "upsert" ? "update" : "other");
}

/** The models behind some tags, each once. A model's columns that are kept apart are its own all the same. */
export function modelsOf(tags: readonly Tag[]): Set<string> {
  const models = new Set<string>();
  for (const tag of tags) {
    const group = tagGroup(tag);
    const end = group.indexOf(".");
    models.add(group.startsWith("#") ? CUSTOM_TAGS : end < 0 ? group : group.slice(0, end));
  }
  return models;
}
