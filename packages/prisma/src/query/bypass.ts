import type { BypassReason, ReadInfo } from "@evercache/core";

/** A read that goes past the cache, and why. */
export interface Bypass {
  readonly reason: BypassReason;
  readonly detail?: string;
}

/** What is known of the result of such a read. */
export function bypassInfo(reason: BypassReason): ReadInfo {
  return { status: "bypass", reason, tier: "database", key: null, tags: [], storedAt: null, expiresAt: null };
}
