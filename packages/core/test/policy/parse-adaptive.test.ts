import { describe, expect, test } from "vitest";
import { OWN_LIMITS } from "../../src/adaptive/adaptive-switches.js";
import { PolicyTable } from "../../src/policy/policy-table.js";

const MODELS = ["Product"];

function adaptiveOf(defaults: unknown, product?: unknown): unknown[] {
  const table = new PolicyTable(defaults, { Product: product }, MODELS);
  return (["single", "list"] as const).map((kind) => table.of("Product", kind)?.adaptive);
}

describe("adaptive comes from the nearest level that has it", () => {
  test.each<[string, unknown, unknown, unknown, unknown]>([
    ["nothing said", {}, {}, undefined, undefined],
    ["true", { adaptive: true }, {}, OWN_LIMITS, OWN_LIMITS],
    ["false", { adaptive: false }, {}, false, false],
    ["of a model", { adaptive: false }, { adaptive: true }, OWN_LIMITS, OWN_LIMITS],
    ["of lists alone", {}, { adaptive: true, list: { adaptive: false } }, OWN_LIMITS, false],
    [
      "in part",
      { adaptive: { minReads: 7 } },
      { adaptive: { window: "1s" }, list: { adaptive: true } },
      { ...OWN_LIMITS, minReads: 7, window: 1000 },
      { ...OWN_LIMITS, minReads: 7, window: 1000 },
    ],
    [
      "all of it",
      { adaptive: { minHitRatio: 1, window: 1, minReads: 1, offFor: 2, maxOffFor: 2 } },
      {},
      { minHitRatio: 1, window: 1000, minReads: 1, offFor: 2000, maxOffFor: 2000 },
      { minHitRatio: 1, window: 1000, minReads: 1, offFor: 2000, maxOffFor: 2000 },
    ],
    [
      "off for longer than evercache's own longest",
      { adaptive: { offFor: "1h" } },
      { adaptive: false, list: { adaptive: {} } },
      false,
      OWN_LIMITS,
    ],
  ])("%s", (_, defaults, product, single, list) => {
    expect(adaptiveOf(defaults, product)).toEqual([single, list]);
  });

  test("its longest time is never below its first", () => {
    expect(adaptiveOf({ adaptive: { offFor: "1h" } })[0]).toEqual({
      ...OWN_LIMITS,
      offFor: 3_600_000,
      maxOffFor: 3_600_000,
    });
  });
});

test.each<[unknown, string, RegExp]>([
  ["often", "INVALID_OPTION", /^defaults\.adaptive: .*minHitRatio: 0\.3/],
  [null, "INVALID_OPTION", /^defaults\.adaptive: /],
  [{ ratio: 0.1 }, "UNKNOWN_OPTION", /^defaults\.adaptive: .*minHitRatio/],
  [{ minHitRatio: 0 }, "INVALID_OPTION", /^defaults\.adaptive\.minHitRatio: .*0\.1/],
  [{ minHitRatio: 1.1 }, "INVALID_OPTION", /^defaults\.adaptive\.minHitRatio: /],
  [{ minHitRatio: "10%" }, "INVALID_OPTION", /^defaults\.adaptive\.minHitRatio: /],
  [{ minReads: 0 }, "INVALID_OPTION", /^defaults\.adaptive\.minReads: .*100/],
  [{ minReads: 1.5 }, "INVALID_OPTION", /^defaults\.adaptive\.minReads: /],
  [{ window: 0 }, "INVALID_DURATION", /^defaults\.adaptive\.window: /],
  [{ offFor: false }, "INVALID_DURATION", /^defaults\.adaptive\.offFor: /],
  [{ maxOffFor: "1s" }, "INVALID_OPTION", /^defaults\.adaptive\.maxOffFor: .*offFor/],
])("%j is refused, with what to write instead", (adaptive, code, message) => {
  expect(() => adaptiveOf({ adaptive })).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(message) as string }),
  );
});
