import { describe, expect, test } from "vitest";
import { keptFor, longestAge, type Policy } from "../../src/policy/policy.js";
import { PolicyTable } from "../../src/policy/policy-table.js";
import { parseQueryPolicy, queryPolicy, strictestPolicy } from "../../src/policy/query-policy.js";

const DAY = 86_400_000;
const OWN: Policy = { ttl: 60_000, jitter: 0.1, maxEntryBytes: 1024 * 1024, l1: null };

const table = (product: unknown, defaults: unknown = {}) =>
  new PolicyTable(defaults, { Product: product }, ["Product"]);
const single = (product: unknown, defaults: unknown = {}) => table(product, defaults).of("Product", "single");
const list = (product: unknown, defaults: unknown = {}) => table(product, defaults).of("Product", "list");

test.each<[string, unknown, unknown, Partial<Policy>]>([
  ["sliding, up to a day", { sliding: true }, {}, { sliding: { cap: DAY, isDefault: true } }],
  [
    "sliding, up to its own longer ttl",
    { ttl: "2d", sliding: true },
    {},
    { ttl: 2 * DAY, sliding: { cap: 2 * DAY, isDefault: true } },
  ],
  ["sliding, up to a cap", { sliding: { cap: "12h" } }, {}, { sliding: { cap: DAY / 2 } }],
  [
    "a longer ttl, up to that",
    { ttl: "7d" },
    { sliding: true },
    { ttl: 7 * DAY, sliding: { cap: 7 * DAY, isDefault: true } },
  ],
  ["the cap of the level above", { sliding: true }, { sliding: { cap: "1h" } }, { sliding: { cap: DAY / 24 } }],
  ["the beta of the level above", { earlyRefresh: true }, { earlyRefresh: { beta: 3 } }, { earlyRefresh: 3 }],
  ["what the model does not let slide", { sliding: false }, { sliding: true }, {}],
  ["a cap of the ttl itself", { ttl: "5m", sliding: { cap: "5m" } }, {}, { ttl: 300_000, sliding: { cap: 300_000 } }],
  ["swr", { swr: "30s" }, {}, { swr: 30_000 }],
  ["no swr", { swr: false }, { swr: "30s" }, {}],
  ["early refresh", { earlyRefresh: true }, {}, { earlyRefresh: 1 }],
  ["a more eager one", { earlyRefresh: { beta: 2.5 } }, { earlyRefresh: true }, { earlyRefresh: 2.5 }],
  ["no early refresh", { earlyRefresh: false }, { earlyRefresh: true }, {}],
  ["stale if error", { staleIfError: "1h" }, {}, { staleIfError: 3_600_000 }],
  ["not stale if error", { staleIfError: false }, { staleIfError: "1h" }, {}],
  ["a shared load", { stampede: "distributed" }, {}, { stampede: { wait: 2000 } }],
  ["one that is waited for longer", { stampede: { mode: "distributed", wait: 5 } }, {}, { stampede: { wait: 5000 } }],
  [
    "the wait alone, of a shared one",
    { stampede: { wait: 5 } },
    { stampede: "distributed" },
    { stampede: { wait: 5000 } },
  ],
  [
    "the mode alone",
    { stampede: { mode: "distributed" } },
    { stampede: { mode: "distributed", wait: 9 } },
    { stampede: { wait: 9000 } },
  ],
  ["no shared load", { stampede: "process" }, { stampede: "distributed" }, {}],
  [
    "all of them",
    { swr: 1, earlyRefresh: true, sliding: true, staleIfError: 9, stampede: "distributed" },
    {},
    {
      swr: 1000,
      earlyRefresh: 1,
      sliding: { cap: DAY, isDefault: true },
      staleIfError: 9000,
      stampede: { wait: 2000 },
    },
  ],
])("%s", (_, product, defaults, expected) => {
  expect(single(product, defaults)).toEqual({ ...OWN, ...expected });
  expect(list(product, defaults)).toEqual({ ...OWN, ...expected });
});

test("lists have their own", () => {
  const policy = { swr: 5, list: { swr: false, sliding: true } };
  expect(single(policy)).toEqual({ ...OWN, swr: 5000 });
  expect(list(policy)).toEqual({ ...OWN, sliding: { cap: DAY, isDefault: true } });
});

test("so has one query", () => {
  const base: Policy = { ...OWN, swr: 5000, sliding: { cap: DAY }, stampede: { wait: 9 } };
  expect(queryPolicy(base, { swr: false, sliding: { cap: "1h" }, jitter: 0 })).toMatchObject({
    swr: undefined,
    sliding: { cap: 3_600_000 },
    jitter: 0,
    stampede: { wait: 9 },
  });
  expect(queryPolicy(base, { earlyRefresh: true, staleIfError: 60, stampede: "process" })).toMatchObject({
    earlyRefresh: 1,
    staleIfError: 60_000,
    stampede: undefined,
  });
  expect(queryPolicy(null, { swr: 5 })).toBeNull();
  expect(queryPolicy(null, { ttl: 1, swr: 5 })).toMatchObject({ ttl: 1000, swr: 5000 });
});

describe("a mistake is refused with its name, and what to write instead", () => {
  test.each<[string, unknown, RegExp]>([
    ["a duration for sliding", { sliding: "1h" }, /^models\.Product\.sliding: .*cap: "12h"/],
    [
      "a cap below the ttl",
      { ttl: "1h", sliding: { cap: "30m" } },
      /^models\.Product\.sliding\.cap: .*at least as much as the ttl/,
    ],
    ["a cap below the inherited ttl", { sliding: { cap: "30s" } }, /sliding\.cap/],
    ["a cap that is none", { sliding: { cap: "soon" } }, /sliding\.cap: "soon" is not a duration/],
    ["a misspelt cap", { sliding: { max: "1h" } }, /sliding: there is no option "max"/],
    ["a flag for swr", { swr: true }, /^models\.Product\.swr: true is not a duration/],
    ["no time for swr", { swr: 0 }, /swr: 0 is not a duration/],
    ["a number for earlyRefresh", { earlyRefresh: 1 }, /earlyRefresh: .*beta: 2/],
    ["a beta of nothing", { earlyRefresh: { beta: 0 } }, /earlyRefresh\.beta: write a number above 0/],
    ["a beta that is none", { earlyRefresh: { beta: "2" } }, /earlyRefresh\.beta/],
    ["a flag for staleIfError", { staleIfError: true }, /staleIfError: true is not a duration/],
    ["another mode of loads", { stampede: "cluster" }, /stampede: .*"process", "distributed"/],
    [
      "another mode of loads, written out",
      { stampede: { mode: "all" } },
      /stampede\.mode: write "process" or "distributed"/,
    ],
    ["a wait of nobody", { stampede: { wait: "1s" } }, /stampede\.wait: leave it out, or write mode: "distributed"/],
    ["a wait that is none", { stampede: { mode: "distributed", wait: 0 } }, /stampede\.wait: 0 is not a duration/],
    ["a jitter of a query", { jitter: 2 }, /jitter: write a number from 0/],
  ])("%s", (_, policy, message) => {
    expect(() => single(policy)).toThrow(message);
    const isOfItself = !String(message).includes("cap below");
    const asQuery = () => queryPolicy(OWN, parseQueryPolicy(policy) || undefined);
    if (isOfItself)
      expect(asQuery).toThrow(new RegExp(message.source.replace("^models\\.Product", "cache"), message.flags));
  });

  test("a function as the ttl of a query", () => {
    expect(() => parseQueryPolicy({ ttl: () => 5 })).toThrow(/cache\.ttl: a function is not a duration/);
  });

  test("a cap of a query below the ttl of its model", () => {
    const asked = parseQueryPolicy({ sliding: { cap: "30s" } }) || undefined;
    expect(() => queryPolicy(OWN, asked)).toThrow(/cache\.sliding\.cap/);
    expect(queryPolicy(OWN, { ttl: "10s", ...asked })).toMatchObject({ sliding: { cap: 30_000 } });
  });
});

test("a cap below the ttl that another level gives is refused where the two meet", () => {
  const capped = { sliding: { cap: "1h" } };
  expect(() => table({ ttl: "2h" }, capped)).toThrow(/^models\.Product\.ttl: .*sliding\.cap/);
  expect(() => table({ ...capped, list: { ttl: "2h" } })).toThrow(/^models\.Product\.list\.ttl: .*sliding\.cap/);
  expect(list({ ...capped, list: { ttl: "2h", sliding: false } })).toMatchObject({ ttl: 7_200_000 });
  // One query is served until its model's cap.
  expect(queryPolicy(single(capped), { ttl: "2h" })).toMatchObject({ ttl: 7_200_000, sliding: { cap: 3_600_000 } });
});

test("a result lives no longer than its policy says, and tokens are made for the longest", () => {
  const sliding: Policy = { ...OWN, sliding: { cap: DAY }, swr: 5000 };
  expect([longestAge(OWN, false), longestAge(sliding, false)]).toEqual([66_000, DAY]);
  expect(longestAge({ ...sliding, negativeTtl: 0 }, true)).toBe(0);
  expect(table({ sliding: true, swr: 5 }).longestTtl).toBe(DAY + 5000);
  expect(table({ staleIfError: "9d" }).longestTtl).toBe(66_000);
});

test("the store keeps it for as long as somebody may want it", () => {
  expect(keptFor(OWN, 1000, 0)).toBe(1000);
  expect(keptFor({ ...OWN, swr: 500 }, 1000, 0)).toBe(1500);
  expect(keptFor({ ...OWN, swr: 500, staleIfError: 9000 }, 1000, 0)).toBe(9000);
  expect(keptFor({ ...OWN, swr: 500, staleIfError: 9000 }, 1000, 8000)).toBe(1500);
});

test("a query about several models lives as the strictest of them says", () => {
  const ttlOf = () => 5;
  const one: Policy = { ...OWN, ttl: DAY, ttlOf, swr: 9, staleIfError: 7, sliding: { cap: 5000 }, earlyRefresh: 1 };
  const other: Policy = { ...OWN, ttl: 30_000, swr: 8, sliding: { cap: 4000 }, when: () => true };
  expect(strictestPolicy([one, other])).toMatchObject({ ttl: 30_000, swr: 8, sliding: { cap: 4000 } });
  expect(strictestPolicy([one, other])).toMatchObject({ staleIfError: undefined, when: undefined });
  expect(strictestPolicy([one])).toMatchObject({ ttl: 60_000, ttlOf: undefined, swr: 9, sliding: { cap: 5000 } });
  expect(strictestPolicy([one, { ...other, sliding: undefined }])).toMatchObject({ sliding: undefined });
  expect(strictestPolicy([one, null])).toBeNull();
  expect(strictestPolicy([null])).toBeNull();
});
