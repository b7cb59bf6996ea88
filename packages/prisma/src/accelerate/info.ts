import { createHash, randomUUID } from "node:crypto";
import type { BypassReason, ReadInfo } from "@evercache/core";
import type { Subject } from "../client/query-scope.js";
import { canonicalize } from "../query/canonical.js";
import type { AccelerateInfo } from "../types/accelerate.js";

const UNSPECIFIED = "unspecified";

/** What keeps a read from the cache whatever is in it. */
const NOT_FOR_THE_CACHE: ReadonlySet<BypassReason> = new Set<BypassReason>([
  "policy",
  "query",
  "transaction",
  "uncacheable",
]);

/** What is known of a read of `args` that was answered just now. */
export function accelerateInfo(
  { status, reason, storedAt }: Pick<ReadInfo, "status" | "reason" | "storedAt">,
  signature: string,
): AccelerateInfo {
  return {
    cacheStatus: cacheStatusOf(status, reason),
    lastModified: storedAt ?? new Date(),
    region: UNSPECIFIED,
    requestId: newRequestId(),
    signature,
  };
}

/** `args` without what says how the result is kept. */
export function signatureOf({ model, operation }: Subject, args: unknown): string {
  const { cache: _cache, cacheStrategy: _strategy, ...others } = (args ?? {}) as Record<string, unknown>;
  const text = canonicalize(others);
  if (typeof text !== "string") return UNSPECIFIED;
  return createHash("sha256").update(`${model}:${operation}:${text}`).digest("hex");
}

export function newRequestId(): string {
  return randomUUID();
}

function cacheStatusOf(status: ReadInfo["status"], reason: ReadInfo["reason"]): AccelerateInfo["cacheStatus"] {
  switch (status) {
    case "hit":
      return "ttl";
    case "stale":
      return "swr";
    case "miss":
      return "miss";
    case "bypass":
      return NOT_FOR_THE_CACHE.has(reason as BypassReason) ? "none" : "miss";
    default:
      return status satisfies never;
  }
}
