import { afterAll, describe, expect, it } from "vitest";
import { explore, type Model } from "./explore.js";
import { PROPERTIES, protocolModel } from "./protocol-model.js";
import { LEGEND, lineOf, tracesOf } from "./text.js";
import { COUNTEREXAMPLES, PROMISES, type Variant } from "./variants.js";

const report = [LEGEND];
afterAll(() => console.log(report.join("\n")));

function check(variant: Variant): readonly string[][] {
  const found = explore(protocolModel(variant.setting), []);
  report.push(lineOf(variant, found), ...tracesOf(found));
  expect(found.complete).toBe(true);
  expect([...found.violations.keys()].sort()).toEqual([...variant.breaks].sort());
  return [...found.violations.values()].map((steps) => [...steps]);
}

describe.each(PROMISES)("$title", ({ title, variants }) => {
  it.each(variants.map((variant) => [variant.name, variant.breaks.join("") || "nothing", variant] as const))(
    "%s: breaks %s",
    { timeout: 60_000 },
    (_, __, variant) => {
      if (variant === variants[0]) report.push("", title);
      check(variant);
    },
  );
});

describe("with one rule less", () => {
  it.each(COUNTEREXAMPLES.map((variant) => [variant.name, variant.breaks.join(""), variant] as const))(
    "%s: breaks %s",
    { timeout: 60_000 },
    (_, __, variant) => {
      if (variant === COUNTEREXAMPLES[0]) report.push("", "one rule less");
      for (const steps of check(variant)) {
        expect(steps.length).toBeGreaterThan(3);
        // Each writer has one write: whoever commits twice was taken for another one.
        const commits = steps.filter((step) => step.endsWith(" commits"));
        expect(new Set(commits).size).toBe(commits.length);
      }
    },
  );
});

describe("the exploration", () => {
  /** A number that goes up by one or by ten; it must not be 21 nor, by a step of one, 12. */
  const counter: Model = {
    width: 4,
    names: 0,
    properties: ["never 21", "never 12 by one"],
    start: (state) => void (state[0] = 0),
    expand(state, next, emit) {
      for (const [step, by] of [1, 10].entries()) {
        next[0] = state[0]! + by;
        if (next[0] <= 30) emit(step, next[0] === 12 && by === 1 ? 2 : 0);
      }
    },
    normalize: () => {},
    judge: (state) => (state[0] === 21 ? 1 : 0),
    describe: (step, before, after) => `${before[0]}${step === 0 ? "+1" : "+10"}=${after[0]}`,
  };

  it("finds a shortest way to each violation, of states and of steps", () => {
    const { violations, states, complete } = explore(counter, []);
    expect(violations.get("never 21")).toHaveLength(3);
    expect(violations.get("never 12 by one")?.at(-1)).toBe("11+1=12");
    expect(violations.get("never 12 by one")).toHaveLength(3);
    expect({ states, complete }).toEqual({ states: 31, complete: true });
  });

  it("says so when it did not see everything", () => {
    expect(explore(counter, [], 10).complete).toBe(false);
    expect(explore(counter, ["never 21"]).complete).toBe(false);
  });

  const one = { readers: 1, reads: 2 };
  const two = { readers: 2, reads: 1 };
  it.each(
    COUNTEREXAMPLES.flatMap(({ name, setting }) => [
      [name, { ...setting, ...one }] as const,
      // With three tags, there are too many states.
      ...(setting.tags < 3 ? [[`${name}, two readers`, { ...setting, ...two }] as const] : []),
    ]),
  )("comes to the same with all states as with one for those that behave alike: %s", (_, setting) => {
    const model = protocolModel(setting);
    const brief = explore(model, []);
    const whole = explore({ ...model, normalize: () => {} }, []);
    for (const property of PROPERTIES) {
      expect(whole.violations.get(property)?.length).toBe(brief.violations.get(property)?.length);
    }
    expect(whole.states).toBeGreaterThanOrEqual(brief.states);
  });
});
