import {
  asObject,
  checkNames,
  EvercacheError,
  parseLogger,
  parseDuration,
  PolicyTable,
  type Codec,
  type Consistency,
  type L1Options,
  type LogSink,
  type Keyring,
  type OnUnreachable,
  type Store,
} from "@evercache/core";
import { checkNamespace, checkRedisStoreOptions, type RedisStoreOptions } from "@evercache/redis";
import { ENCRYPTION_SETTINGS, parseEncryption } from "./encryption.js";
import { checkOnWrite, ON_WRITE_SETTINGS } from "./on-write.js";
import { TRACKING_SETTINGS } from "./tracking.js";

/** Whether reads may be answered without Prisma's query hooks; `"trusted"`: other extensions' hooks may be skipped too. */
export type FastPathOption = boolean | "trusted";

/** The options of `cacheExtension`, checked, with their defaults, times in milliseconds. */
export interface Settings {
  readonly redis: unknown;
  readonly store: Store | undefined;
  readonly namespace: string;
  readonly databaseId: string | undefined;
  readonly consistency: Consistency;
  readonly onUnreachable: OnUnreachable;
  readonly deadline: number;
  readonly writeDeadline: number;
  readonly lease: number;
  readonly ambiguousLease: number;
  readonly awaitRelease: boolean | undefined;
  readonly verify: number;
  /** Undefined: where it costs no connection of its own. */
  readonly observable: boolean | undefined;
  /** Undefined: nothing is logged. */
  readonly logger: LogSink | undefined;
  readonly rememberRows: number;
  readonly schema: string | undefined;
  readonly innerExtensions: "uncached" | "trusted";
  readonly fastPath: FastPathOption;
  readonly scope: (() => string) | undefined;
  readonly codec: Codec | undefined;
  /** How much of this process's memory the tier in front of the store may take. */
  readonly l1: L1Options;
  /** Undefined: nothing is encrypted. */
  readonly keyring: Keyring | undefined;
  readonly defaults: unknown;
  readonly models: unknown;
}

const KNOWN = [
  "redis",
  "store",
  "namespace",
  "databaseId",
  "consistency",
  "onUnreachable",
  "deadline",
  "writeDeadline",
  "lease",
  "ambiguousLease",
  "awaitRelease",
  "verify",
  "observable",
  "logger",
  "rememberRows",
  "schema",
  "scope",
  "innerExtensions",
  "fastPath",
  "codec",
  "l1",
  "encryption",
  "defaults",
  "models",
] as const;

/** @throws EvercacheError that names the option, its value, and what to write instead */
export function parseOptions(input: unknown, name = "cacheExtension"): Settings {
  const options = asObject(input ?? {}, `${name}(options)`);
  checkNames(options, KNOWN, name);
  if ("redis" in options && options["redis"] === undefined) {
    // Falling back to process memory would let each process of a deployment serve what the others have changed.
    throw new EvercacheError(
      "INVALID_OPTION",
      "redis: undefined is not a server. Is the environment variable set? Leave `redis` out for process memory, which is " +
        "right for a single process only.",
    );
  }
  if (options["redis"] !== undefined && options["store"] !== undefined) {
    throw invalid("store", options["store"], "leave out either redis or store: an entry lives in one place");
  }
  // What needs no data model is checked at once, so that a mistake shows where it was written.
  const settings: Omit<Settings, "keyring"> = {
    redis: options["redis"],
    store: options["store"] as Store | undefined,
    namespace: text(options, "namespace") ?? "evercache",
    databaseId: text(options, "databaseId"),
    consistency: oneOf(options, "consistency", ["eventual", "bounded", "strict"]) ?? "bounded",
    onUnreachable: oneOf(options, "onUnreachable", ["proceed", "reject"]) ?? "proceed",
    deadline: duration(options, "deadline", "50ms"),
    writeDeadline: duration(options, "writeDeadline", "250ms"),
    lease: duration(options, "lease", "10s"),
    ambiguousLease: duration(options, "ambiguousLease", "60s"),
    awaitRelease: flag(options, "awaitRelease"),
    verify: share(options, "verify") ?? 0,
    observable: flag(options, "observable"),
    logger: parseLogger(options["logger"]),
    rememberRows: count(options, "rememberRows") ?? 10_000,
    schema: text(options, "schema"),
    scope: callable(options, "scope"),
    innerExtensions: oneOf(options, "innerExtensions", ["uncached", "trusted"]) ?? "uncached",
    fastPath: fastPathOf(options["fastPath"]),
    codec: options["codec"] as Codec | undefined,
    l1: l1Options(options["l1"]),
    defaults: options["defaults"],
    models: options["models"],
  };
  if (settings.lease < 1000)
    throw invalid("lease", options["lease"], 'write at least "1s": a lock must outlive a pause of its writer');
  if (settings.ambiguousLease < settings.lease) {
    const hint = "write at least as much as `lease`: a commit that may yet come is waited for longer than a writer";
    throw invalid("ambiguousLease", options["ambiguousLease"], hint);
  }
  if (settings.awaitRelease === false && settings.consistency !== "bounded") {
    const hint = `leave it out: only consistency "bounded" can do without waiting, "${settings.consistency}" rests on it`;
    throw invalid("awaitRelease", false, hint);
  }
  if (settings.verify > 0 && settings.consistency === "eventual") {
    const hint = 'leave it out: at "eventual" the old value may be served until a write is acknowledged, rightly';
    throw invalid("verify", options["verify"], hint);
  }
  const { redis, namespace } = settings;
  if (redis === undefined) checkNamespace(namespace);
  else checkRedisStoreOptions({ redis: redis as RedisStoreOptions["redis"], namespace });
  const { leastStaleness } = parsePolicies(settings, Object.keys(settings.models ?? {}));
  if (leastStaleness !== null && settings.consistency === "strict") {
    throw new EvercacheError(
      "INVALID_OPTION",
      'l1: true serves what another process has just changed until its message comes, which consistency: "strict" forbids. ' +
        'Write l1: { mode: "validated" }.',
      { value: "strict" },
    );
  }
  checkOnWrite(settings.consistency, settings.defaults, settings.models);
  return { ...settings, keyring: parseEncryption(options["encryption"], settings.defaults, settings.models) };
}

/** @throws EvercacheError for an unknown model or a bad policy */
export function parsePolicies(
  { defaults, models }: Pick<Settings, "defaults" | "models">,
  modelNames: readonly string[],
): PolicyTable {
  return new PolicyTable(defaults, models, modelNames, {
    defaults: [...TRACKING_SETTINGS.defaults, ...ENCRYPTION_SETTINGS.defaults, ...ON_WRITE_SETTINGS.defaults],
    models: [...TRACKING_SETTINGS.models, ...ENCRYPTION_SETTINGS.models, ...ON_WRITE_SETTINGS.models],
  });
}

function duration(options: Record<string, unknown>, name: string, fallback: string): number {
  return parseDuration(options[name] ?? fallback, name);
}

function text(options: Record<string, unknown>, name: string): string | undefined {
  const value = options[name];
  if (value === undefined || (typeof value === "string" && value.length > 0)) return value;
  throw invalid(name, value, "write a text that is not empty");
}

function flag(options: Record<string, unknown>, name: string): boolean | undefined {
  const value = options[name];
  if (value === undefined || typeof value === "boolean") return value;
  throw invalid(name, value, "write true or false");
}

function share(options: Record<string, unknown>, name: string): number | undefined {
  const value = options[name];
  if (value === undefined || (typeof value === "number" && value >= 0 && value <= 1)) return value;
  throw invalid(name, value, "write the share of hits to compare, from 0 to 1, for example 0.001");
}

function count(options: Record<string, unknown>, name: string): number | undefined {
  const value = options[name];
  if (value === undefined || (Number.isSafeInteger(value) && (value as number) >= 0))
    return value as number | undefined;
  throw invalid(name, value, "write a whole number, for example 10_000, or 0 for none");
}

const L1_DEFAULTS: L1Options = { maxEntries: 10_000, maxBytes: 64 * 1024 * 1024 };

function l1Options(value: unknown): L1Options {
  if (value === undefined) return L1_DEFAULTS;
  const hint =
    "here stands how much memory it may take, for example l1: { maxEntries: 10_000 }. What uses it is said in defaults or " +
    "models: models: { Product: { l1: true } }";
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid("l1", value, hint);
  const options = asObject(value, "l1");
  checkNames(options, ["maxEntries", "maxBytes"], "l1");
  return {
    maxEntries: positive(options["maxEntries"], "l1.maxEntries") ?? L1_DEFAULTS.maxEntries,
    maxBytes: positive(options["maxBytes"], "l1.maxBytes") ?? L1_DEFAULTS.maxBytes,
  };
}

function positive(value: unknown, name: string): number | undefined {
  if (value === undefined || (Number.isSafeInteger(value) && (value as number) > 0)) return value as number | undefined;
  throw invalid(name, value, "write a whole number above 0, for example 10_000");
}

function callable(options: Record<string, unknown>, name: string): (() => string) | undefined {
  const value = options[name];
  if (value === undefined || typeof value === "function") return value as (() => string) | undefined;
  throw invalid(name, value, "write a function that returns a text, for example () => tenant.getStore()");
}

function oneOf<const T extends string>(
  options: Record<string, unknown>,
  name: string,
  allowed: readonly T[],
): T | undefined {
  const value = options[name];
  if (value === undefined || allowed.includes(value as T)) return value as T | undefined;
  throw invalid(name, value, `write ${allowed.map((one) => JSON.stringify(one)).join(" or ")}`);
}

function fastPathOf(value: unknown): FastPathOption {
  if (value === undefined) return true;
  if (typeof value === "boolean" || value === "trusted") return value;
  throw invalid("fastPath", value, 'write true, false or "trusted"');
}

function invalid(name: string, value: unknown, hint: string): EvercacheError {
  const shown = typeof value === "object" ? "this value" : JSON.stringify(value);
  return new EvercacheError("INVALID_OPTION", `${name}: ${shown} is not valid: ${hint}.`, { value });
}
