import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { asObject, checkNames } from "../../src/options-check.js";
import { longestAge, type Policy } from "../../src/policy/policy.js";
import { PolicyTable } from "../../src/policy/policy-table.js";
import { parseQueryPolicy, queryPolicy } from "../../src/policy/query-policy.js";
import { ttlOfResult } from "../../src/policy/result-ttl.js";

const MODELS = ["Product", "Order", "AuditLog"];
const MIB = 1024 * 1024;
const ALWAYS = () => true;
const BY_NAME = (result: unknown) => [String(result)];
const BY_RESULT = () => "5m" as const;
const QUERY = { model: "Product", operation: "findMany" };
const OWN: Policy = { ttl: 60_000, jitter: 0.1, maxEntryBytes: MIB, l1: null };

function resolved(defaults: unknown, product: unknown): { single: Policy | null; list: Policy | null } {
  const table = new PolicyTable(defaults, product === undefined ? undefined : { Product: product }, MODELS);
  return { single: table.of("Product", "single"), list: table.of("Product", "list") };
}

describe("a setting comes from the nearest level that has it", () => {
  test.each<[string, unknown, unknown, Policy | null, Policy | null]>([
    ["nothing set", undefined, undefined, OWN, OWN],
    ["nothing in either", {}, {}, OWN, OWN],
    ["defaults", { ttl: "5m" }, undefined, { ...OWN, ttl: 300_000 }, { ...OWN, ttl: 300_000 }],
    [
      "defaults, all of them",
      { ttl: 2, jitter: 0, maxEntryBytes: 9 },
      undefined,
      { ttl: 2000, jitter: 0, maxEntryBytes: 9, l1: null },
      { ttl: 2000, jitter: 0, maxEntryBytes: 9, l1: null },
    ],
    [
      "model over defaults",
      { ttl: "5m", jitter: 0.5 },
      { ttl: "1m" },
      { ...OWN, ttl: 60_000, jitter: 0.5 },
      { ...OWN, ttl: 60_000, jitter: 0.5 },
    ],
    [
      "a ttl by result",
      { ttl: BY_RESULT },
      { list: { ttl: "1m" } },
      { ...OWN, ttl: 86_400_000, ttlOf: BY_RESULT },
      OWN,
    ],
    ["when", { when: ALWAYS }, { list: { when: false } }, { ...OWN, when: ALWAYS }, OWN],
    ["tags by result", { tags: BY_NAME }, { list: { tags: false } }, { ...OWN, tagsOf: BY_NAME }, OWN],
    [
      "negativeTtl",
      { negativeTtl: "5s" },
      { ttl: "10m", list: { negativeTtl: false } },
      { ...OWN, ttl: 600_000, negativeTtl: 5000 },
      { ...OWN, ttl: 600_000, negativeTtl: 0 },
    ],
    [
      "compress",
      {},
      { compress: true },
      { ...OWN, compress: { threshold: 4096 } },
      { ...OWN, compress: { threshold: 4096 } },
    ],
    [
      "compress for lists alone",
      { compress: { threshold: 9 } },
      { compress: false, list: { compress: true } },
      OWN,
      { ...OWN, compress: { threshold: 4096 } },
    ],
    [
      "compress, its threshold from above",
      { compress: { threshold: 9 } },
      { compress: true, list: { compress: { threshold: 0 } } },
      { ...OWN, compress: { threshold: 9 } },
      { ...OWN, compress: { threshold: 0 } },
    ],
    ["list over model", {}, { ttl: "10m", list: { ttl: "1m" } }, { ...OWN, ttl: 600_000 }, { ...OWN, ttl: 60_000 }],
    [
      "list inherits the rest of its model",
      {},
      { ttl: "10m", jitter: 1, list: { maxEntryBytes: 7 } },
      { ...OWN, ttl: 600_000, jitter: 1 },
      { ttl: 600_000, jitter: 1, maxEntryBytes: 7, l1: null },
    ],
    [
      "model's ttl over the defaults' list",
      { list: { ttl: "2s" } },
      { ttl: "10m" },
      { ...OWN, ttl: 600_000 },
      { ...OWN, ttl: 600_000 },
    ],
    [
      "defaults' list where the model says nothing",
      { ttl: "3s", list: { ttl: "2s" } },
      { jitter: 0 },
      { ...OWN, ttl: 3000, jitter: 0 },
      { ...OWN, ttl: 2000, jitter: 0 },
    ],
    ["model never", {}, false, null, null],
    ["lists never", {}, { list: false }, OWN, null],
    ["lists never by default", { list: false }, { ttl: "1m" }, OWN, null],
    ["lists never by default, but here", { list: false }, { list: { ttl: "2s" } }, OWN, { ...OWN, ttl: 2000 }],
    ["nothing by default", false, undefined, null, null],
  ])("%s", (_, defaults, product, single, list) => {
    expect(resolved(defaults, product)).toEqual({ single, list });
  });

  it("and one model's settings are no other's", () => {
    const table = new PolicyTable({}, { Product: { ttl: "9m" }, AuditLog: false, Order: undefined }, MODELS);
    expect(table.of("Order", "single")).toEqual(OWN);
    expect(table.of("AuditLog", "list")).toBeNull();
    expect(table.of("Product", "list")?.ttl).toBe(540_000);
  });

  it("a query's ttl is over them all, and caches what its model does not", () => {
    const base = { ttl: 1000, jitter: 0, maxEntryBytes: 5, l1: null };
    expect(queryPolicy(base, undefined)).toBe(base);
    expect(queryPolicy(base, { tags: ["home"] })).toBe(base);
    expect(queryPolicy(base, { ttl: "30s" })).toEqual({ ...base, ttl: 30_000 });
    expect(queryPolicy(null, { ttl: "30s" })).toEqual({ ...OWN, ttl: 30_000 });
    expect(queryPolicy(null, { tags: ["home"] })).toBeNull();
  });
});

it("the longest ttl is that of any level, jitter included", () => {
  expect(new PolicyTable(undefined, undefined, MODELS).longestTtl).toBe(66_000);
  expect(new PolicyTable({ ttl: "10m", jitter: 0.5 }, {}, MODELS).longestTtl).toBe(900_000);
  expect(new PolicyTable({ jitter: 0 }, { Order: { list: { ttl: "1h" } } }, MODELS).longestTtl).toBe(3_600_000);
  expect(new PolicyTable(false, { Order: false }, MODELS).longestTtl).toBe(66_000);
});

describe("jitter", () => {
  const policy = fc.record({
    ttl: fc.integer({ min: 1, max: 400 * 86_400_000 }),
    negativeTtl: fc.option(fc.integer({ min: 1, max: 400 * 86_400_000 }), { nil: undefined }),
    jitter: fc.double({ min: 0, max: 1, noNaN: true }),
    maxEntryBytes: fc.constant(1),
    l1: fc.constant(null),
  });
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

  it("keeps each ttl within its share, above 0, and below the age that a read accepts", () => {
    fc.assert(
      fc.property(policy, fc.boolean(), random, (of, isNothing, roll) => {
        const ttl = ttlOfResult(of, isNothing ? null : 1, QUERY, roll);
        const wanted = isNothing ? (of.negativeTtl ?? of.ttl) : of.ttl;
        expect(Number.isInteger(ttl)).toBe(true);
        expect(ttl).toBeGreaterThanOrEqual(Math.max(1, Math.floor(wanted * (1 - of.jitter))));
        expect(ttl).toBeLessThanOrEqual(Math.ceil(longestAge(of, isNothing)));
      }),
    );
  });

  it("spreads to both sides, and none means none", () => {
    const of = { ttl: 1000, jitter: 0.1, maxEntryBytes: 1, l1: null };
    expect([0, 0.5, 0.999_999].map((roll) => ttlOfResult(of, 1, QUERY, roll))).toEqual([900, 1000, 1100]);
    expect([0, 0.5, 0.999_999].map((roll) => ttlOfResult({ ...of, jitter: 0 }, 1, QUERY, roll))).toEqual([
      1000, 1000, 1000,
    ]);
    expect(ttlOfResult({ ...of, jitter: 1 }, 1, QUERY, 0)).toBe(1);
  });
});

describe("a ttl by result", () => {
  const of = (answer: unknown, changes: Partial<Policy> = {}): Policy => ({
    ...OWN,
    jitter: 0,
    ttl: 86_400_000,
    ttlOf: () => answer as never,
    ...changes,
  });

  it("is what the function says of it, a day at most", () => {
    const ttlOf = (result: unknown, { operation }: typeof QUERY) =>
      `${(result as number) * operation.length}s` as const;
    expect(ttlOfResult(of(0, { ttlOf }), 2, QUERY, 0.5)).toBe(16_000);
    expect(ttlOfResult(of("2d"), 1, QUERY, 0.5)).toBe(86_400_000);
    expect(ttlOfResult(of(false), 1, QUERY, 0.5)).toBe(0);
    expect(ttlOfResult(of("1s"), null, QUERY, 0.5)).toBe(1000);
  });

  it("is not asked for what was not found where negativeTtl says it", () => {
    expect(ttlOfResult(of("1s", { negativeTtl: 5000 }), null, QUERY, 0.5)).toBe(5000);
    expect(ttlOfResult(of("1s", { negativeTtl: 0 }), null, QUERY, 0.5)).toBe(0);
  });

  it.each([0, "soon", undefined, null, true, -1])("is refused where it is none: %s", (answer) => {
    expect(() => ttlOfResult(of(answer), 1, QUERY, 0.5)).toThrow(expect.objectContaining({ code: "INVALID_DURATION" }));
  });
});

describe("a mistake is refused with its name, its value, and what to write instead", () => {
  test.each<[string, () => unknown, string, unknown, RegExp]>([
    ["defaults.ttl", tableOf({ ttl: "5 minutes" }), "INVALID_DURATION", "5 minutes", /^defaults\.ttl: .*"5m"/],
    ["a model's ttl", tableOf({}, { Order: { ttl: 0 } }), "INVALID_DURATION", 0, /^models\.Order\.ttl: /],
    [
      "a list's ttl",
      tableOf({}, { Order: { list: { ttl: null } } }),
      "INVALID_DURATION",
      null,
      /^models\.Order\.list\.ttl: /,
    ],
    [
      "tags that are no function",
      tableOf({ tags: ["home"] }),
      "INVALID_OPTION",
      ["home"],
      /^defaults\.tags: .*function/,
    ],
    ["when that is no function", tableOf({ when: true }), "INVALID_OPTION", true, /^defaults\.when: .*function/],
    ["a negativeTtl of 0", tableOf({ negativeTtl: 0 }), "INVALID_DURATION", 0, /^defaults\.negativeTtl: /],
    [
      "a negativeTtl that is true",
      tableOf({ negativeTtl: true }),
      "INVALID_DURATION",
      true,
      /^defaults\.negativeTtl: /,
    ],
    [
      "a query's negativeTtl",
      () => parseQueryPolicy({ negativeTtl: "soon" }),
      "INVALID_DURATION",
      "soon",
      /^cache\.negativeTtl: /,
    ],
    ["jitter above 1", tableOf({ jitter: 1.1 }), "INVALID_OPTION", 1.1, /^defaults\.jitter: .*0\.1/],
    ["jitter below 0", tableOf({ jitter: -0.1 }), "INVALID_OPTION", -0.1, /^defaults\.jitter: /],
    ["jitter that is no number", tableOf({ jitter: "0.1" }), "INVALID_OPTION", "0.1", /^defaults\.jitter: /],
    ["jitter NaN", tableOf({ jitter: Number.NaN }), "INVALID_OPTION", Number.NaN, /^defaults\.jitter: /],
    [
      "compress as text",
      tableOf({ compress: "zstd" }),
      "INVALID_OPTION",
      "zstd",
      /^defaults\.compress: .*threshold: 4096/,
    ],
    [
      "compress with a threshold below 0",
      tableOf({}, { Order: { list: { compress: { threshold: -1 } } } }),
      "INVALID_OPTION",
      -1,
      /^models\.Order\.list\.compress\.threshold: .*4096/,
    ],
    [
      "compress with another setting",
      tableOf({ compress: { treshold: 1 } }),
      "UNKNOWN_OPTION",
      "treshold",
      /^defaults\.compress: .*Did you mean threshold\?$/,
    ],
    [
      "bytes of 0",
      tableOf({}, { Order: { maxEntryBytes: 0 } }),
      "INVALID_OPTION",
      0,
      /^models\.Order\.maxEntryBytes: .*1_000_000/,
    ],
    [
      "bytes that are no whole number",
      tableOf({ maxEntryBytes: 1.5 }),
      "INVALID_OPTION",
      1.5,
      /^defaults\.maxEntryBytes: /,
    ],
    ["bytes as text", tableOf({ maxEntryBytes: "1mb" }), "INVALID_OPTION", "1mb", /^defaults\.maxEntryBytes: /],
    ["defaults that are no object", tableOf(5), "INVALID_OPTION", 5, /^defaults: .*\{ ttl: "5m" \}/],
    [
      "a model that is true",
      tableOf({}, { Order: true }),
      "INVALID_OPTION",
      true,
      /^models\.Order: .*false for never cached/,
    ],
    ["a model that is null", tableOf({}, { Order: null }), "INVALID_OPTION", null, /^models\.Order: /],
    ["a model that is a list", tableOf({}, { Order: [] }), "INVALID_OPTION", [], /^models\.Order: /],
    ["models that are no object", tableOf({}, "Order"), "INVALID_OPTION", "Order", /^models: /],
    ["a list that is true", tableOf({}, { Order: { list: true } }), "INVALID_OPTION", true, /^models\.Order\.list: /],
    ["an unknown setting", tableOf({ tll: 1 }), "UNKNOWN_OPTION", "tll", /^defaults: .*"tll".*Did you mean ttl\?$/],
    [
      "an unknown setting far from all",
      tableOf({ expiry: 1 }),
      "UNKNOWN_OPTION",
      "expiry",
      /Known are: ttl, negativeTtl, jitter, sliding, .*, stampede, maxEntryBytes, l1, when, tags, compress, adaptive, list\.$/,
    ],
    [
      "a model's unknown setting",
      tableOf({}, { Order: { jiter: 1 } }),
      "UNKNOWN_OPTION",
      "jiter",
      /^models\.Order: .*Did you mean jitter\?$/,
    ],
    [
      "a list in a list",
      tableOf({}, { Order: { list: { list: {} } } }),
      "UNKNOWN_OPTION",
      "list",
      /^models\.Order\.list: /,
    ],
    [
      "an unknown model",
      tableOf({}, { Prodcut: {} }),
      "UNKNOWN_MODEL",
      "Prodcut",
      /^models\.Prodcut: .*Did you mean Product\?$/,
    ],
    [
      "a model in the wrong case",
      tableOf({}, { auditlog: false }),
      "UNKNOWN_MODEL",
      "auditlog",
      /Did you mean AuditLog\?$/,
    ],
    [
      "a model far from all",
      tableOf({}, { Zebra: {} }),
      "UNKNOWN_MODEL",
      "Zebra",
      /Known are: Product, Order, AuditLog\.$/,
    ],
    ["a query that is true", () => parseQueryPolicy(true), "INVALID_OPTION", true, /^cache: /],
    ["a query's ttl", () => parseQueryPolicy({ ttl: "soon" }), "INVALID_DURATION", "soon", /^cache\.ttl: /],
    [
      "a query's tags",
      () => parseQueryPolicy({ tags: "home" }),
      "INVALID_OPTION",
      "home",
      /^cache\.tags: .*\["home"\]/,
    ],
    ["a query's empty tag", () => parseQueryPolicy({ tags: [""] }), "INVALID_OPTION", [""], /^cache\.tags: /],
    ["a query's tag that is no text", () => parseQueryPolicy({ tags: [1] }), "INVALID_OPTION", [1], /^cache\.tags: /],
    [
      "a query's unknown setting",
      () => parseQueryPolicy({ tag: ["home"] }),
      "UNKNOWN_OPTION",
      "tag",
      /^cache: .*Did you mean .*tags\?$/,
    ],
    ["a function for an object", () => asObject(() => 1, "redis"), "INVALID_OPTION", expect.any(Function), /^redis: /],
    [
      "two names that are near",
      () => checkNames({ tls: 1 }, ["ttl", "tags", "x"], "cache"),
      "UNKNOWN_OPTION",
      "tls",
      /Did you mean ttl/,
    ],
  ])("%s", (_, make, code, value, message) => {
    expect(make).toThrow(
      expect.objectContaining({ name: "EvercacheError", code, value, message: expect.stringMatching(message) }),
    );
  });

  it("and what is right is not", () => {
    expect(parseQueryPolicy(undefined)).toBeUndefined();
    expect(parseQueryPolicy(false)).toBe(false);
    expect(parseQueryPolicy({ ttl: "30s", tags: ["home"] })).toEqual({ ttl: "30s", tags: ["home"] });
    expect(parseQueryPolicy({ ttl: undefined })).toEqual({ ttl: undefined });
  });
});

function tableOf(defaults: unknown, models?: unknown): () => PolicyTable {
  return () => new PolicyTable(defaults, models, MODELS);
}
