import { parseQueryPolicy } from "@evercache/core";
import { describe, expect, it, test } from "vitest";
import { cacheOf, withCacheArgument } from "../../src/accelerate/cache-strategy.js";

describe("a strategy as a policy", () => {
  const tags = ["home"];
  it.each([
    [{ ttl: 60 }, { ttl: 60, jitter: 0, swr: false }],
    [
      { ttl: 60, swr: 30 },
      { ttl: 60, jitter: 0, swr: 30 },
    ],
    [
      { ttl: 60, swr: 0 },
      { ttl: 60, jitter: 0, swr: false },
    ],
    [
      { ttl: 60, swr: undefined, tags: undefined },
      { ttl: 60, jitter: 0, swr: false },
    ],
    [
      { ttl: 0.5, tags },
      { ttl: 0.5, jitter: 0, swr: false, tags },
    ],
    [
      { ttl: 366 * 86_400, swr: 366 * 86_400 },
      { ttl: 366 * 86_400, jitter: 0, swr: 366 * 86_400 },
    ],
    [{ swr: 30 }, { ttl: "1ms", jitter: 0, swr: 30 }],
    [
      { ttl: 0, swr: 30, tags },
      { ttl: "1ms", jitter: 0, swr: 30, tags },
    ],
    [{ ttl: 0 }, false],
    [{ swr: 0, tags }, false],
    [{ ttl: 0, swr: 0 }, false],
    [{}, {}],
    [{ tags }, { tags }],
  ] as const)("%j", (strategy, policy) => {
    expect(cacheOf(strategy)).toEqual(policy);
    expect(parseQueryPolicy(cacheOf(strategy))).toEqual(policy);
  });

  it("may have more tags, and longer ones, than Accelerate's", () => {
    const many = Array.from({ length: 100 }, (_, i) => `${i}: ${"ä".repeat(100)}`);
    expect(cacheOf({ ttl: 1, tags: many })).toMatchObject({ tags: many });
  });

  it.each([
    [null, "INVALID_OPTION", /^cacheStrategy: null .* write an object/],
    [60, "INVALID_OPTION", /^cacheStrategy: 60 .* cacheStrategy: \{ ttl: 60/],
    [[], "INVALID_OPTION", /^cacheStrategy: /],
    [{ tll: 60 }, "UNKNOWN_OPTION", /^cacheStrategy: there is no option "tll". Did you mean ttl\?/],
    [{ ttl: -1 }, "INVALID_DURATION", /^cacheStrategy\.ttl: -1 is not a number of seconds from 0 to 31622400/],
    [{ ttl: "60s" }, "INVALID_DURATION", /^cacheStrategy\.ttl: "60s" is not/],
    [{ ttl: 1e-9 }, "INVALID_DURATION", /^cacheStrategy\.ttl: 1e-9 is not/],
    [{ swr: 1e9 }, "INVALID_DURATION", /^cacheStrategy\.swr: 1000000000 is not/],
    [{ swr: Number.NaN }, "INVALID_DURATION", /^cacheStrategy\.swr: NaN is not/],
    [{ swr: null }, "INVALID_DURATION", /^cacheStrategy\.swr: null is not/],
    [{ swr: 10n }, "INVALID_DURATION", /^cacheStrategy\.swr: 10 is not/],
    [{ ttl: {} }, "INVALID_DURATION", /^cacheStrategy\.ttl: an object is not/],
    [{ tags: "home" }, "INVALID_OPTION", /^cacheStrategy\.tags: write an array of names/],
    [{ ttl: 1, tags: [""] }, "INVALID_OPTION", /^cacheStrategy\.tags: /],
  ])("%o is refused, with what to write instead", (strategy, code, message) => {
    expect(() => cacheOf(strategy)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });
});

test("arguments without a strategy are handed on as they are", () => {
  const args = { where: { id: 1 }, cache: { ttl: "1m" } };
  expect(withCacheArgument(args)).toBe(args);
  expect(withCacheArgument(undefined)).toBe(undefined);
  expect(withCacheArgument("nonsense")).toBe("nonsense");
});

test("a strategy is taken out of the arguments, which are not changed", () => {
  const args = Object.freeze({ where: { id: 1 }, cacheStrategy: { ttl: 1 } });
  expect(withCacheArgument(args)).toEqual({ where: { id: 1 }, cache: { ttl: 1, jitter: 0, swr: false } });
  expect(withCacheArgument({ where: { id: 1 }, cacheStrategy: undefined })).toEqual({ where: { id: 1 } });
  expect(withCacheArgument({ cacheStrategy: { ttl: 1 }, cache: undefined })).toEqual({ cache: expect.anything() });
});

test("both arguments at once are refused", () => {
  expect(() => withCacheArgument({ cacheStrategy: { ttl: 1 }, cache: false })).toThrow(/leave out cache/);
});
