import { EvercacheError } from "../errors.js";
import { asObject, checkFlag, checkNames } from "../options-check.js";
import { areTagNames } from "../tag.js";
import { parseTimes, TIME_OPTIONS } from "./parse-settings.js";
import { OWN_DEFAULTS, type Policy } from "./policy.js";
import type { QueryPolicy } from "./settings.js";

/**
 * The policy of one query. A ttl of its own caches a query even where its model's policy is `false`.
 * @throws EvercacheError where what the query says does not go together with what its model says
 */
export function queryPolicy(base: Policy | null, query: QueryPolicy | undefined): Policy | null {
  if (query === undefined) return base;
  const policy = timed(base, query);
  if (!policy?.l1 || (query.l1 === undefined && query.share === undefined)) return policy;
  return { ...policy, l1: query.l1 === false ? null : { ...policy.l1, share: query.share ?? policy.l1.share } };
}

function timed(base: Policy | null, query: QueryPolicy): Policy | null {
  const known = query.ttl === undefined ? base : (base ?? OWN_DEFAULTS);
  if (!known || TIME_OPTIONS.every((option) => query[option] === undefined)) return known;
  return { ...known, ...parseTimes(query as Record<string, unknown>, known, "cache") };
}

/** @throws EvercacheError */
export function parseQueryPolicy(cache: unknown): QueryPolicy | false | undefined {
  if (cache === undefined || cache === false) return cache;
  const object = asObject(cache, "cache");
  checkNames(object, [...TIME_OPTIONS, "tags", "l1", "share"], "cache");
  checkFlag(object["share"], "cache.share");
  if (object["l1"] !== undefined && object["l1"] !== false) {
    throw new EvercacheError(
      "INVALID_OPTION",
      "cache.l1: write false to go past this process's memory. It is turned on for a model: models: { Product: { l1: true } }.",
      { value: object["l1"] },
    );
  }
  const tags = object["tags"];
  if (tags !== undefined && !areTagNames(tags)) {
    throw new EvercacheError("INVALID_OPTION", 'cache.tags: write an array of names, for example tags: ["home"].', {
      value: tags,
    });
  }
  if (typeof object["ttl"] === "function") {
    throw new EvercacheError(
      "INVALID_DURATION",
      'cache.ttl: a function is not a duration. Write one such as "30s", and the function for the model: models: { Product: { ttl } }.',
      { value: object["ttl"] },
    );
  }
  // What is bad by itself is said at once, also where the query is not cached.
  parseTimes(object, null, "cache");
  return object;
}

/**
 * What holds for one query about several models: of each how long results live, the least, and for the rest what the model
 * says whose results live shortest. Without the user's functions, which are about queries and results of another kind.
 */
export function strictestPolicy(policies: readonly (Policy | null)[]): Policy | null {
  const [first = null, ...others] = policies.map((policy) => policy && withoutFunctions(policy));
  return others.reduce<Policy | null>((one, other) => one && other && stricter(one, other), first);
}

function stricter(one: Policy, other: Policy): Policy {
  const { sliding: oneSlides, swr, staleIfError } = one;
  const { sliding: otherSlides } = other;
  return {
    ...(one.ttl <= other.ttl ? one : other),
    sliding: oneSlides && otherSlides && (oneSlides.cap <= otherSlides.cap ? oneSlides : otherSlides),
    swr: leastOf(swr, other.swr),
    staleIfError: leastOf(staleIfError, other.staleIfError),
  };
}

function leastOf(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? undefined : Math.min(one, other);
}

function withoutFunctions(policy: Policy): Policy {
  const { ttl } = policy.ttlOf ? OWN_DEFAULTS : policy;
  return { ...policy, ttl, ttlOf: undefined, tagsOf: undefined, when: undefined };
}
