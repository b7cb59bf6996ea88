import { parseDuration } from "../duration.js";
import { EvercacheError } from "../errors.js";
import { asObject, checkFlag, checkNames } from "../options-check.js";
import { parseAdaptive } from "./parse-adaptive.js";
import type { L1Policy, Policy } from "./policy.js";
import type { TagsOf, TtlOf, When } from "./settings.js";

/** Settings that say how long results live, and how they are renewed: for models, kinds of queries and single queries. */
export const TIME_OPTIONS = [
  "ttl",
  "negativeTtl",
  "jitter",
  "sliding",
  "swr",
  "earlyRefresh",
  "staleIfError",
  "stampede",
] as const;

const PLACE_OPTIONS = ["maxEntryBytes", "l1", "when", "tags", "compress", "adaptive"] as const;
export const KIND_OPTIONS = [...TIME_OPTIONS, ...PLACE_OPTIONS] as const;

type Input = Readonly<Record<string, unknown>>;
type Changes = { -readonly [Setting in keyof Policy]?: Policy[Setting] };

const DAY = 86_400_000;
/** A function may say nothing longer than this: what depends on its answer has to live as long. */
const LONGEST_TTL_OF = DAY;
const DEFAULT_WAIT = 2_000;
const MOST_BETA = 1000;
const OWN_L1: L1Policy = { mode: "tracked", maxStaleness: 1000, share: false };
const SHORTEST_STALENESS = 50;
const COMPRESS_THRESHOLD = 4096;

/**
 * What `input` says anew about times. `base`: what holds without it; null where that is not known, and then settings are
 * only checked by themselves.
 * @throws EvercacheError that names the setting as the user wrote it
 */
export function parseTimes(input: Input, base: Policy | null, name: string): Changes {
  const changes: Changes = {};
  const { ttl, negativeTtl, jitter, sliding, swr, earlyRefresh, staleIfError, stampede } = input;
  if (ttl !== undefined) Object.assign(changes, parseTtl(ttl, `${name}.ttl`));
  if (negativeTtl !== undefined) changes.negativeTtl = parseDurationOr(negativeTtl, 0, `${name}.negativeTtl`);
  if (jitter !== undefined) changes.jitter = parseShare(jitter, `${name}.jitter`);
  if (sliding !== undefined) changes.sliding = parseSliding(sliding, base?.sliding, `${name}.sliding`);
  if (swr !== undefined) changes.swr = parseDurationOr(swr, undefined, `${name}.swr`);
  if (earlyRefresh !== undefined)
    changes.earlyRefresh = parseEarlyRefresh(earlyRefresh, base?.earlyRefresh, `${name}.earlyRefresh`);
  if (staleIfError !== undefined) {
    changes.staleIfError = parseDurationOr(staleIfError, undefined, `${name}.staleIfError`);
  }
  if (stampede !== undefined) changes.stampede = parseStampede(stampede, base?.stampede, `${name}.stampede`);
  if (!base) return changes;
  Object.assign(changes, withRoom({ ...base, ...changes }));
  if (sliding !== undefined) checkCap({ ...base, ...changes }, input, name);
  return changes;
}

/**
 * `base`, with what `input` says anew.
 * @throws EvercacheError that names the setting as the user wrote it
 */
export function resolveKind(input: Input, base: Policy, name: string): Policy {
  const changes = parseTimes(input, base, name);
  const { maxEntryBytes, l1, when, tags, compress, adaptive } = input;
  if (maxEntryBytes !== undefined) changes.maxEntryBytes = parseBytes(maxEntryBytes, `${name}.maxEntryBytes`);
  if (l1 !== undefined) changes.l1 = parseL1(l1, base.l1, `${name}.l1`);
  if (when !== undefined) changes.when = parseWhen(when, `${name}.when`);
  if (tags !== undefined) changes.tagsOf = parseTags(tags, `${name}.tags`);
  if (compress !== undefined) {
    changes.compress = parseCompress(compress, base.compress?.threshold ?? COMPRESS_THRESHOLD, `${name}.compress`);
  }
  if (adaptive !== undefined) changes.adaptive = parseAdaptive(adaptive, base.adaptive, `${name}.adaptive`);
  const policy = withoutUndefined({ ...base, ...changes });
  checkCap(policy, input, name);
  return policy;
}

/** What is turned off is as what was never said. */
function withoutUndefined(policy: Policy): Policy {
  return Object.fromEntries(Object.entries(policy).filter(([, value]) => value !== undefined)) as unknown as Policy;
}

function parseTtl(value: unknown, name: string): Pick<Policy, "ttl" | "ttlOf"> {
  if (typeof value === "function") return { ttl: LONGEST_TTL_OF, ttlOf: value as TtlOf };
  return { ttl: parseDuration(value, name), ttlOf: undefined };
}

function parseDurationOr<T>(value: unknown, none: T, name: string): number | T {
  return value === false ? none : parseDuration(value, name);
}

function parseSliding(value: unknown, base: Policy["sliding"], name: string): Policy["sliding"] {
  if (value === false) return undefined;
  const settings = value === true ? {} : asObject(value, name, 'write true, false, or for example { cap: "12h" }');
  checkNames(settings, ["cap"], name);
  const { cap } = settings;
  return cap === undefined ? (base ?? { cap: DAY, isDefault: true }) : { cap: parseDuration(cap, `${name}.cap`) };
}

/** A cap that nobody has named leaves room for the ttl. */
function withRoom({ sliding, ttl }: Policy): Changes {
  return sliding?.isDefault && sliding.cap < ttl ? { sliding: { cap: ttl, isDefault: true } } : {};
}

/** @throws EvercacheError where a cap that somebody has named is below the ttl: said where the later of the two stands */
function checkCap({ sliding, ttl, ttlOf }: Policy, input: Input, name: string): void {
  if (!sliding || ttlOf || sliding.cap >= ttl) return;
  const isOfCap = input["sliding"] !== undefined;
  const hint = isOfCap
    ? "write at least as much as the ttl, which a result has even if nobody asks for it"
    : "it is longer than sliding.cap of the level above: write a larger cap, or sliding: false, beside it";
  const setting = isOfCap ? "sliding.cap" : "ttl";
  throw new EvercacheError("INVALID_OPTION", `${name}.${setting}: ${hint}.`, { value: isOfCap ? sliding.cap : ttl });
}

function parseEarlyRefresh(value: unknown, base: number | undefined, name: string): number | undefined {
  if (typeof value === "boolean") return value ? (base ?? 1) : undefined;
  const settings = asObject(value, name, "write true, false, or for example { beta: 2 }");
  checkNames(settings, ["beta"], name);
  const { beta = base ?? 1 } = settings;
  if (typeof beta === "number" && beta > 0 && beta <= MOST_BETA) return beta;
  throw new EvercacheError(
    "INVALID_OPTION",
    `${name}.beta: write a number above 0, up to ${MOST_BETA}, for example 1.`,
    {
      value: beta,
    },
  );
}

function parseStampede(value: unknown, base: Policy["stampede"], name: string): Policy["stampede"] | undefined {
  const wait = base?.wait ?? DEFAULT_WAIT;
  if (value === "process") return undefined;
  if (value === "distributed") return { wait };
  const hint = 'write "process", "distributed", or for example { mode: "distributed", wait: "1s" }';
  const settings = asObject(value, name, hint);
  checkNames(settings, ["mode", "wait"], name);
  const { mode = base ? "distributed" : "process", wait: ownWait } = settings;
  if (mode !== "process" && mode !== "distributed") {
    throw new EvercacheError("INVALID_OPTION", `${name}.mode: write "process" or "distributed".`, { value: mode });
  }
  if (mode === "distributed") return { wait: ownWait === undefined ? wait : parseDuration(ownWait, `${name}.wait`) };
  if (ownWait === undefined) return undefined;
  throw new EvercacheError("INVALID_OPTION", `${name}.wait: leave it out, or write mode: "distributed" beside it.`, {
    value: ownWait,
  });
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

function parseWhen(value: unknown, name: string): When | undefined {
  if (value === false) return undefined;
  if (typeof value === "function") return value as When;
  const hint = "write a function that returns true or false, for example ({ args }) => !args.take";
  throw new EvercacheError("INVALID_OPTION", `${name}: ${hint}.`, { value });
}

function parseTags(value: unknown, name: string): TagsOf | undefined {
  if (value === false) return undefined;
  if (typeof value === "function") return value as TagsOf;
  const hint =
    "write a function that returns an array of names, for example (order) => [`tenant:${order.tenantId}`]; " +
    'one query has an array, cache: { tags: ["home"] }';
  throw new EvercacheError("INVALID_OPTION", `${name}: ${hint}.`, { value });
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
