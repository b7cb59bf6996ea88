import type { AdaptiveLimits } from "../adaptive/adaptive-switch.js";
import type { TagsOf, TtlOf, When } from "./settings.js";

/** How results of one kind of query are kept, resolved. Times in milliseconds. */
export interface Policy {
  /** The longest, where `ttlOf` says it for each result. */
  readonly ttl: number;
  readonly ttlOf?: TtlOf | undefined;
  /** Of results of `null`; 0: these are not stored. Left out: as of all others. */
  readonly negativeTtl?: number | undefined;
  readonly jitter: number;
  /** A hit renews the ttl until a result is `cap` old. Left out: it does not. */
  readonly sliding?: SlidingPolicy | undefined;
  /** For how long after it expired a result is served while it is loaded anew. Left out: not at all. */
  readonly swr?: number | undefined;
  /** The β of XFetch. Left out: nothing is loaded anew before it expires. */
  readonly earlyRefresh?: number | undefined;
  /** How old a result may be that is served when the database cannot be reached. Left out: none is. */
  readonly staleIfError?: number | undefined;
  /** How long a reader waits for another process to load. Left out: it does not. */
  readonly stampede?: { readonly wait: number } | undefined;
  readonly maxEntryBytes: number;
  readonly l1: L1Policy | null;
  /** The custom tags of each result, besides those of its query. Left out: none. */
  readonly tagsOf?: TagsOf | undefined;
  /** Left out: all queries are cached. */
  readonly when?: When | undefined;
  /** Left out: results are not compressed. `threshold` in bytes. */
  readonly compress?: { readonly threshold: number } | undefined;
  /** False: never switched off. Left out: lists are, where evercache's own limits say so, and single reads are not. */
  readonly adaptive?: AdaptiveLimits | false | undefined;
}

export interface SlidingPolicy {
  /** In milliseconds. */
  readonly cap: number;
  /** Nobody has named a cap: a longer ttl raises it. */
  readonly isDefault?: true;
}

/** Times in milliseconds. */
export interface L1Policy {
  readonly mode: "tracked" | "validated";
  readonly maxStaleness: number;
  readonly share: boolean;
}

export type QueryKind = "single" | "list";

export const OWN_DEFAULTS: Policy = { ttl: 60_000, jitter: 0.1, maxEntryBytes: 1024 * 1024, l1: null };

/** How old a result under this policy can be when it expires, in milliseconds. */
export function longestAge(policy: Policy, isNothing: boolean): number {
  return slides(policy, isNothing) ? policy.sliding!.cap : longestIdle(policy, isNothing);
}

/** A result of `null` does not, where it has a time of its own: that bounds how long a row that comes to be stays unseen. */
export function slides({ sliding, negativeTtl }: Policy, isNothing: boolean): boolean {
  return sliding !== undefined && !(isNothing && negativeTtl !== undefined);
}

/** How long ago a result that has not expired can have been stored or renewed, in milliseconds. */
export function longestIdle(policy: Policy, isNothing: boolean): number {
  return ttlFor(policy, isNothing) * (1 + policy.jitter);
}

/** How old a result under this policy can be when nobody is served it any more, in milliseconds, if the database answers. */
export function longestServed(policy: Policy): number {
  return Math.max(longestAge(policy, false), longestAge(policy, true)) + (policy.swr ?? 0);
}

/** For how long the store keeps a result of such an age that is fresh for `ttl` more, in milliseconds. */
export function keptFor({ swr = 0, staleIfError = 0 }: Policy, ttl: number, age: number): number {
  return Math.max(ttl + swr, staleIfError - age);
}

export function ttlFor({ ttl, negativeTtl }: Policy, isNothing: boolean): number {
  return isNothing && negativeTtl !== undefined ? negativeTtl : ttl;
}
