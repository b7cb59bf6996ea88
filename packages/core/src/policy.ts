import { parseDuration, type Duration } from "./duration.js";
import { EvercacheError } from "./errors.js";
import type { Source } from "./events.js";
import { areTagNames } from "./tag.js";

/** How results are kept. Each setting left out comes from the level above: query, model, `defaults`, evercache's own. */
export interface KindPolicy {
  /**
   * How long a result may be served. Default 60 s. A function is asked for each result that is loaded: a day at most, `false`:
   * it is not stored. One that throws, or answers anything else, leaves the result out, with a warning event `TTL_FAILED`.
   */
  readonly ttl?: Duration | TtlOf;
  /**
   * How long "there is nothing", a result of `null`, may be served; `false`: it is not stored. Default: as `ttl`. The write
   * that makes it untrue ends it in any case.
   */
  readonly negativeTtl?: Duration | false;
  /** Share of the ttl by which each entry's own ttl varies, 0 to 1, so that entries do not expire together. Default 0.1. */
  readonly jitter?: number;
  /** Results that take more than this many bytes in the store are not stored. Default 1 MiB. */
  readonly maxEntryBytes?: number;
  /**
   * Results are kept as objects in this process's memory too, in front of the store. `true`: a hit there asks nobody; what
   * others invalidate is told by messages. Default `false`.
   */
  readonly l1?: boolean | L1Settings;
  /**
   * Whether a query is cached at all: called for each, must be quick, and must return `true` or `false`. One that throws, or
   * returns anything else, leaves that query out, with a warning event `WHEN_FAILED`. Default: all are. `false` takes back
   * what the level above says.
   */
  readonly when?: When | false;
  /** Results are stored compressed where that makes them smaller. Default false. */
  readonly compress?: boolean | CompressOptions;
}

/** How long this very result may be served. It must not be changed. */
export type TtlOf = (result: unknown, query: Source) => Duration | false;

/** Decides by what is asked for. */
export type When = (query: Source & { readonly args: Readonly<Record<string, unknown>> }) => boolean;

export interface L1Settings {
  /**
   * `"tracked"` (default): no round trip. `"validated"`: each hit asks the store for the tokens of its tags, one round trip
   * without the result, and is as true as a hit of the store.
   */
  readonly mode?: "tracked" | "validated";
  /**
   * Of `"tracked"`: how long at most after its invalidation by another process a result may be served, should messages not
   * come through; at least 50 ms. As long as they do, it is the time that a message takes. Default 1 s.
   */
  readonly maxStaleness?: Duration;
  /**
   * Callers promise to change nothing in results: all get one object, frozen, in the place of a copy each. Dates and bytes
   * cannot be frozen: who changes these, changes them for all. Default `false`.
   */
  readonly share?: boolean;
}

export interface CompressOptions {
  /** Results of fewer bytes than this are stored as they are. Default 4096. */
  readonly threshold?: number;
}

export interface ModelPolicy extends KindPolicy {
  /** For queries that return lists or aggregates (findMany, count, aggregate, groupBy); `false`: these are not cached. */
  readonly list?: KindPolicy | false;
}

/** What one query asked for itself; `false`: past the cache. */
export interface QueryPolicy {
  readonly ttl?: Duration;
  /** Of a result of `null`; `false`: it is not stored. */
  readonly negativeTtl?: Duration | false;
  /** Names for `invalidate({ tags })`. */
  readonly tags?: readonly string[];
  /** `false`: not from this process's memory. */
  readonly l1?: false;
  /** This caller changes nothing in its result: where `l1` is on, it shares one frozen object with others. */
  readonly share?: boolean;
}

/** Times in milliseconds. */
export interface Policy {
  /** The longest, where `ttlOf` says it for each result. */
  readonly ttl: number;
  readonly ttlOf?: TtlOf | undefined;
  /** Of results of `null`; 0: these are not stored. Left out: as of all others. */
  readonly negativeTtl?: number | undefined;
  readonly jitter: number;
  readonly maxEntryBytes: number;
  readonly l1: L1Policy | null;
  /** Left out: all queries are cached. */
  readonly when?: When | undefined;
  /** Left out: results are not compressed. `threshold` in bytes. */
  readonly compress?: { readonly threshold: number };
}

/** Times in milliseconds. */
export interface L1Policy {
  readonly mode: "tracked" | "validated";
  readonly maxStaleness: number;
  readonly share: boolean;
}

export type QueryKind = "single" | "list";

const OWN_DEFAULTS: Policy = { ttl: 60_000, jitter: 0.1, maxEntryBytes: 1024 * 1024, l1: null };
const OWN_L1: L1Policy = { mode: "tracked", maxStaleness: 1000, share: false };
const SHORTEST_STALENESS = 50;
const KIND_OPTIONS = ["ttl", "negativeTtl", "jitter", "maxEntryBytes", "l1", "when", "compress"] as const;
const COMPRESS_THRESHOLD = 4096;

/** The policies of all models, checked and resolved once. `null`: not cached. */
export class PolicyTable {
  readonly #defaults: Record<QueryKind, Policy | null>;
  readonly #models = new Map<string, Record<QueryKind, Policy | null>>();
  /** The longest ttl of any model or default, jitter included, in milliseconds. */
  readonly longestTtl: number;
  /** The least `maxStaleness` of any tracked tier in memory, in milliseconds; null where there is none. */
  readonly leastStaleness: number | null;

  /**
   * `others`: settings that may stand beside those of a policy, and are checked elsewhere.
   * @throws EvercacheError for an unknown setting, a bad value, or a model that is not in `modelNames`
   */
  constructor(
    defaults: unknown,
    models: unknown,
    modelNames: readonly string[],
    others: { readonly defaults: readonly string[]; readonly models: readonly string[] } = { defaults: [], models: [] },
  ) {
    const base = { single: OWN_DEFAULTS, list: OWN_DEFAULTS };
    this.#defaults = resolveModel(defaults ?? {}, base, "defaults", others.defaults);
    for (const [name, policy] of Object.entries(asObject(models ?? {}, "models"))) {
      if (!modelNames.includes(name)) {
        throw new EvercacheError(
          "UNKNOWN_MODEL",
          `models.${name}: the schema has no such model. ${suggest(name, modelNames)}`,
          {
            value: name,
          },
        );
      }
      if (policy !== undefined) {
        this.#models.set(name, resolveModel(policy, this.#defaults, `models.${name}`, others.models));
      }
    }
    const all = [this.#defaults, ...this.#models.values()].flatMap(({ single, list }) => [single, list]);
    const tracked = all.flatMap((policy) => (policy?.l1?.mode === "tracked" ? [policy.l1.maxStaleness] : []));
    this.leastStaleness = tracked.length === 0 ? null : Math.min(...tracked);
    const longest = (policy: Policy) => Math.max(longestAge(policy, false), longestAge(policy, true));
    this.longestTtl = Math.max(...all.map((policy) => (policy ? longest(policy) : 0)), longest(OWN_DEFAULTS));
  }

  of(model: string, kind: QueryKind): Policy | null {
    return (this.#models.get(model) ?? this.#defaults)[kind];
  }
}

/** The policy of one query. A ttl of its own caches a query even where its model's policy is `false`. */
export function queryPolicy(base: Policy | null, query: QueryPolicy | undefined): Policy | null {
  if (query === undefined) return base;
  const timed = query.ttl === undefined ? base : withTtl(base ?? OWN_DEFAULTS, query.ttl, "cache.ttl");
  const policy = timed && query.negativeTtl !== undefined ? { ...timed, ...negativeTtlOf(query, "cache") } : timed;
  if (!policy?.l1 || (query.l1 === undefined && query.share === undefined)) return policy;
  return { ...policy, l1: query.l1 === false ? null : { ...policy.l1, share: query.share ?? policy.l1.share } };
}

/** @throws EvercacheError */
export function parseQueryPolicy(cache: unknown): QueryPolicy | false | undefined {
  if (cache === undefined || cache === false) return cache;
  const object = asObject(cache, "cache");
  checkNames(object, ["ttl", "negativeTtl", "tags", "l1", "share"], "cache");
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
  if (object["ttl"] !== undefined) parseDuration(object["ttl"], "cache.ttl");
  negativeTtlOf(object, "cache");
  return object;
}

/** The same without what the user's functions say of the model's own queries and results: these are of another kind. */
export function withoutFunctions(policy: Policy): Policy {
  const { ttl } = policy.ttlOf ? OWN_DEFAULTS : policy;
  return { ...policy, ttl, ttlOf: undefined, when: undefined };
}

/** How old a result under this policy can be when it expires, in milliseconds. */
export function longestAge(policy: Policy, isNothing: boolean): number {
  return ttlFor(policy, isNothing) * (1 + policy.jitter);
}

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

function ttlFor({ ttl, negativeTtl }: Policy, isNothing: boolean): number {
  return isNothing && negativeTtl !== undefined ? negativeTtl : ttl;
}

function negativeTtlOf({ negativeTtl }: { readonly negativeTtl?: unknown }, name: string): Pick<Policy, "negativeTtl"> {
  if (negativeTtl === undefined) return {};
  return { negativeTtl: negativeTtl === false ? 0 : parseDuration(negativeTtl, `${name}.negativeTtl`) };
}

function resolveModel(
  input: unknown,
  base: Record<QueryKind, Policy | null>,
  name: string,
  others: readonly string[],
): Record<QueryKind, Policy | null> {
  if (input === false) return { single: null, list: null };
  const policy = asObject(input, name, 'write a policy such as { ttl: "5m" }, or false for never cached');
  checkNames(policy, [...KIND_OPTIONS, "list", ...others], name);
  const { list, ...own } = policy;
  const single = resolveKind(own, base.single ?? OWN_DEFAULTS, name);
  // The model's own ttl is for all its queries unless `list` says otherwise.
  const listBase = resolveKind(own, base.list ?? base.single ?? OWN_DEFAULTS, name);
  // Lists that are off by `list: false` above stay off; a model that is on although all are off is on with its lists.
  if (list === undefined) return { single, list: base.list === null && base.single !== null ? null : listBase };
  if (list === false) return { single, list: null };
  const listPolicy = asObject(list, `${name}.list`);
  checkNames(listPolicy, KIND_OPTIONS, `${name}.list`);
  return { single, list: resolveKind(listPolicy, listBase, `${name}.list`) };
}

function resolveKind(input: Record<string, unknown>, base: Policy, name: string): Policy {
  const compress =
    input["compress"] === undefined
      ? base.compress
      : parseCompress(input["compress"], base.compress?.threshold ?? COMPRESS_THRESHOLD, `${name}.compress`);
  const { ttl, ttlOf } = input["ttl"] === undefined ? base : withTtl(base, input["ttl"], `${name}.ttl`);
  return {
    ttl,
    ...(ttlOf && { ttlOf }),
    ...(base.negativeTtl !== undefined && { negativeTtl: base.negativeTtl }),
    ...negativeTtlOf(input, name),
    jitter: input["jitter"] === undefined ? base.jitter : parseShare(input["jitter"], `${name}.jitter`),
    maxEntryBytes:
      input["maxEntryBytes"] === undefined
        ? base.maxEntryBytes
        : parseBytes(input["maxEntryBytes"], `${name}.maxEntryBytes`),
    l1: input["l1"] === undefined ? base.l1 : parseL1(input["l1"], base.l1, `${name}.l1`),
    ...(input["when"] === undefined ? base.when && { when: base.when } : parseWhen(input["when"], `${name}.when`)),
    ...(compress && { compress }),
  };
}

function parseL1(input: unknown, base: L1Policy | null, name: string): L1Policy | null {
  if (input === false) return null;
  if (input === true) return base ?? OWN_L1;
  const settings = asObject(input, name, 'write true, false, or for example { mode: "validated" }');
  checkNames(settings, ["mode", "maxStaleness", "share"], name);
  const { mode, maxStaleness, share } = settings;
  if (mode !== undefined && mode !== "tracked" && mode !== "validated") {
    throw new EvercacheError("INVALID_OPTION", `${name}.mode: write "tracked" or "validated".`, { value: mode });
  }
  checkFlag(share, `${name}.share`);
  const { mode: baseMode, maxStaleness: baseStaleness, share: baseShare } = base ?? OWN_L1;
  const policy: L1Policy = {
    mode: mode ?? baseMode,
    maxStaleness: maxStaleness === undefined ? baseStaleness : parseDuration(maxStaleness, `${name}.maxStaleness`),
    share: (share as boolean | undefined) ?? baseShare,
  };
  if (maxStaleness === undefined) return policy;
  if (policy.mode === "validated") {
    throw new EvercacheError(
      "INVALID_OPTION",
      `${name}.maxStaleness: leave it out: what is validated at each hit is never stale.`,
      { value: maxStaleness },
    );
  }
  if (policy.maxStaleness < SHORTEST_STALENESS) {
    throw new EvercacheError(
      "INVALID_OPTION",
      `${name}.maxStaleness: write at least "${SHORTEST_STALENESS}ms", or mode: "validated", which is never stale.`,
      { value: maxStaleness },
    );
  }
  return policy;
}

/** A function may say nothing longer than a day: what depends on its answer has to live as long. */
const LONGEST_TTL_OF = 86_400_000;

function withTtl(policy: Policy, value: unknown, name: string): Policy {
  if (typeof value === "function") return { ...policy, ttl: LONGEST_TTL_OF, ttlOf: value as TtlOf };
  return { ...policy, ttl: parseDuration(value, name), ttlOf: undefined };
}

function parseWhen(value: unknown, name: string): Pick<Policy, "when"> {
  if (value === false) return {};
  if (typeof value === "function") return { when: value as When };
  const hint = "write a function that returns true or false, for example ({ args }) => !args.take";
  throw new EvercacheError("INVALID_OPTION", `${name}: ${hint}.`, { value });
}

function checkFlag(value: unknown, name: string): void {
  if (value === undefined || typeof value === "boolean") return;
  throw new EvercacheError("INVALID_OPTION", `${name}: write true or false.`, { value });
}

function parseCompress(value: unknown, inherited: number, name: string): Policy["compress"] {
  if (typeof value === "boolean") return value ? { threshold: inherited } : undefined;
  const options = asObject(value, name, "write true, false, or { threshold: 4096 }");
  checkNames(options, ["threshold"], name);
  const { threshold = inherited } = options;
  if (typeof threshold === "number" && Number.isSafeInteger(threshold) && threshold >= 0) return { threshold };
  throw new EvercacheError("INVALID_OPTION", `${name}.threshold: write a whole number of bytes, for example 4096.`, {
    value: threshold,
  });
}

function parseShare(value: unknown, name: string): number {
  if (typeof value === "number" && value >= 0 && value <= 1) return value;
  throw new EvercacheError("INVALID_OPTION", `${name}: write a number from 0 (none) to 1, for example 0.1.`, { value });
}

function parseBytes(value: unknown, name: string): number {
  if (typeof value === "number" && Number.isInteger(value) && value > 0) return value;
  throw new EvercacheError("INVALID_OPTION", `${name}: write a whole number of bytes above 0, for example 1_000_000.`, {
    value,
  });
}

/** @throws EvercacheError `INVALID_OPTION` where `value` is not a plain object */
export function asObject(value: unknown, name: string, hint = "write an object"): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new EvercacheError("INVALID_OPTION", `${name}: ${String(value)} is not valid here: ${hint}.`, { value });
}

/** @throws EvercacheError `UNKNOWN_OPTION` */
export function checkNames(object: Record<string, unknown>, known: readonly string[], name: string): void {
  for (const key of Object.keys(object)) {
    if (known.includes(key)) continue;
    throw new EvercacheError("UNKNOWN_OPTION", `${name}: there is no option "${key}". ${suggest(key, known)}`, {
      value: key,
    });
  }
}

function suggest(name: string, known: readonly string[]): string {
  const distances = known.map((candidate) => distance(name.toLowerCase(), candidate.toLowerCase()));
  const nearest = Math.min(...distances);
  const near = nearest <= 2 ? known.filter((_, i) => distances[i] === nearest) : [];
  return near.length > 0 ? `Did you mean ${near.join(" or ")}?` : `Known are: ${known.join(", ")}.`;
}

/** Levenshtein distance. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitute = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(row[j - 1]! + 1, previous[j]! + 1, substitute));
    }
    previous = row;
  }
  return previous[b.length]!;
}
