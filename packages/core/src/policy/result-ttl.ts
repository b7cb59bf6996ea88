import { parseDuration } from "../duration.js";
import type { Source } from "../events.js";
import { ttlFor, type Policy } from "./policy.js";

/**
 * The ttl of one result in milliseconds, 0 where it is not to be stored; `random` in [0, 1).
 * @throws what the user's own function throws, and EvercacheError `INVALID_DURATION` for what is none
 */
export function ttlOfResult(policy: Policy, result: unknown, query: Source, random: number): number {
  const ttl = wantedTtl(policy, result, query);
  return ttl === 0 ? 0 : Math.max(1, Math.round(ttl * (1 + policy.jitter * (2 * random - 1))));
}

function wantedTtl(policy: Policy, result: unknown, query: Source): number {
  const isNothing = result === null;
  if (!policy.ttlOf || (isNothing && policy.negativeTtl !== undefined)) return ttlFor(policy, isNothing);
  const ttl: unknown = policy.ttlOf(result, query);
  // One that answers later answers nothing, and what becomes of it is nobody's concern.
  if (ttl instanceof Promise) ttl.catch(() => {});
  return ttl === false ? 0 : Math.min(policy.ttl, parseDuration(ttl, "ttl"));
}
