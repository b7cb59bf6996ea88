import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { AdaptiveSwitch, type AdaptiveChange, type AdaptiveLimits } from "../../src/adaptive/adaptive-switch.js";
import { AdaptiveSwitches, OWN_LIMITS } from "../../src/adaptive/adaptive-switches.js";
import { OWN_DEFAULTS } from "../../src/policy/policy.js";

const { window, minReads, offFor, maxOffFor } = OWN_LIMITS;

function makeSwitch(limits: AdaptiveLimits = OWN_LIMITS) {
  let now = 1000;
  const changes: (AdaptiveChange & { readonly at: number })[] = [];
  const under = new AdaptiveSwitch(
    limits,
    () => now,
    (change) => changes.push({ ...change, at: now }),
  );
  const read = (hits: number, dropped: number, age = 0): void => {
    for (let i = 0; i < hits; i++) under.hit();
    for (let i = 0; i < dropped; i++) under.dropped(age);
  };
  return {
    under,
    changes,
    read,
    pass: (milliseconds: number) => void (now += milliseconds),
    /** A window of reads, as far as the first drop after it, which ends it. */
    observe: (hits: number, dropped: number): void => {
      // The first drop begins the window.
      under.dropped(0);
      read(hits, dropped - 1);
      now += limits.window;
      under.dropped(0);
    },
    tryAgain: (): void => {
      now += timesOff(changes).at(-1)!;
      expect(under.isOff).toBe(false);
    },
  };
}

function timesOff(changes: readonly AdaptiveChange[]): number[] {
  return changes.flatMap((change) => (change.isOff ? [change.milliseconds] : []));
}

describe("a window of reads", () => {
  test.each([
    { hits: 0, dropped: 100, isOff: true },
    { hits: 0, dropped: 99, isOff: false },
    { hits: 49, dropped: 51, isOff: true },
    { hits: 50, dropped: 50, isOff: false },
    { hits: 1000, dropped: 100, isOff: false },
    { hits: 499, dropped: 501, isOff: true },
    { hits: 500, dropped: 500, isOff: false },
  ])("of $hits hits, $dropped dropped: off $isOff", ({ hits, dropped, isOff }) => {
    const { under, observe, changes } = makeSwitch();
    observe(hits, dropped);
    expect(under.isOff).toBe(isOff);
    expect(changes).toEqual(isOff ? [{ isOff: true, hits, dropped, milliseconds: offFor, at: 1000 + window }] : []);
  });

  it("is judged when it is over, however bad it is", () => {
    const { under, read, pass } = makeSwitch();
    read(0, 10_000);
    pass(window - 1);
    read(0, 1);
    expect(under.isOff).toBe(false);
    pass(1);
    read(0, 1);
    expect(under.isOff).toBe(true);
  });

  it("says nothing once it lies far back", () => {
    const { under, read, pass } = makeSwitch();
    read(0, 10_000);
    pass(2 * window);
    read(0, 1);
    expect(under.isOff).toBe(false);
  });

  it("is not judged together with the one before it", () => {
    const { under, observe } = makeSwitch();
    for (let i = 0; i < 20; i++) observe(0, minReads - 3);
    expect(under.isOff).toBe(false);
  });

  it("is not spared by hits of the one before it", () => {
    const { under, observe } = makeSwitch();
    observe(10_000, 200);
    observe(0, 200);
    expect(under.isOff).toBe(true);
  });
});

describe("what is off", () => {
  it("is on again after its time, and stays so where writes have stopped", () => {
    const { under, observe, read, pass, changes } = makeSwitch();
    observe(0, 200);
    pass(offFor - 1);
    expect(under.isOff).toBe(true);
    pass(1);
    expect(under.isOff).toBe(false);
    expect(changes.at(-1)).toMatchObject({ isOff: false });
    // What lay there meanwhile was all dropped, which was no reader's loss.
    for (let i = 0; i < 10; i++) {
      read(1, 100, offFor + window * (i + 1));
      pass(window);
    }
    expect(under.isOff).toBe(false);
    expect(changes).toHaveLength(2);
  });

  it("is off for twice as long each time that this does not last, and not for ever longer", () => {
    const { observe, tryAgain, changes } = makeSwitch();
    for (let i = 0; i < 6; i++) {
      observe(0, 200);
      tryAgain();
    }
    expect(timesOff(changes)).toEqual([30_000, 60_000, 120_000, 240_000, maxOffFor, maxOffFor]);
  });

  it("is off for a short time again where it was on for as long as it had been off", () => {
    const { observe, tryAgain, pass, changes } = makeSwitch();
    observe(0, 200);
    tryAgain();
    observe(0, 200);
    tryAgain();
    pass(60_000);
    observe(0, 200);
    expect(timesOff(changes)).toEqual([offFor, 60_000, offFor]);
  });

  it("doubles also where it is off for a shorter time than a window takes", () => {
    const { observe, tryAgain, changes } = makeSwitch({ ...OWN_LIMITS, offFor: 1000 });
    observe(0, 200);
    tryAgain();
    observe(0, 200);
    expect(changes.at(-1)).toMatchObject({ milliseconds: 2000 });
  });

  it("counts nothing meanwhile: drops of reads that began before", () => {
    const { observe, read, pass, changes } = makeSwitch();
    observe(0, 200);
    read(0, 10_000);
    pass(window);
    read(0, 1);
    expect(changes).toHaveLength(1);
  });

  it("counts nothing meanwhile: hits of reads that began before", () => {
    const { observe, read, tryAgain, changes } = makeSwitch({ ...OWN_LIMITS, offFor: 1000 });
    observe(0, 200);
    read(10_000, 0);
    tryAgain();
    observe(0, 200);
    expect(changes.at(-1)).toMatchObject({ isOff: true, hits: 0, dropped: 200 });
  });
});

it("whatever comes, it is never off without a window that was bad enough, nor for another time than it says", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("hits" as const), count: fc.integer({ min: 1, max: 60 }) }),
    fc.record({ kind: fc.constant("drops" as const), count: fc.integer({ min: 1, max: 300 }), age: fc.nat(60_000) }),
    fc.record({ kind: fc.constant("pass" as const), count: fc.integer({ min: 1, max: 40_000 }) }),
    fc.record({ kind: fc.constant("ask" as const), count: fc.constant(1) }),
  );
  const limits: AdaptiveLimits = { minHitRatio: 0.25, window: 10_000, minReads: 100, offFor: 5000, maxOffFor: 40_000 };
  let seen = 0;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const { under, changes, read, pass } = makeSwitch(limits);
      for (const { kind, count, ...rest } of steps) {
        if (kind === "hits") read(count, 0);
        else if (kind === "drops") read(0, count, "age" in rest ? rest.age : 0);
        else if (kind === "pass") pass(count);
        else expect(under.isOff).toBe(changes.at(-1)?.isOff ?? false);
      }
      for (const [i, change] of changes.entries()) {
        expect(change.isOff).toBe(i % 2 === 0);
        const before = changes[i - 1];
        if (!change.isOff) {
          expect(before?.isOff && change.at - before.at >= before.milliseconds).toBe(true);
          continue;
        }
        seen++;
        const { hits, dropped, milliseconds } = change;
        expect(hits + dropped).toBeGreaterThanOrEqual(limits.minReads);
        expect(hits / (hits + dropped)).toBeLessThan(limits.minHitRatio);
        expect(milliseconds).toBeGreaterThanOrEqual(limits.offFor);
        expect(milliseconds).toBeLessThanOrEqual(limits.maxOffFor);
        // On for a whole window at least: it does not flap.
        if (before) expect(change.at - before.at).toBeGreaterThanOrEqual(limits.window);
      }
    }),
  );
  expect(seen).toBeGreaterThan(0);
});

describe("which reads have one", () => {
  const of = (policy: object, kind: "single" | "list") =>
    new AdaptiveSwitches(
      () => 0,
      () => {},
    ).of({ ...OWN_DEFAULTS, ...policy }, "Product", kind);

  test.each([
    ["lists by default", {}, "list", true],
    ["single reads not by default", {}, "single", false],
    ["single reads that ask for it", { adaptive: OWN_LIMITS }, "single", true],
    ["lists that do not want it", { adaptive: false }, "list", false],
    ["what all processes load once", { adaptive: OWN_LIMITS, stampede: { wait: 1 } }, "list", false],
    ["what is kept for outages", { adaptive: OWN_LIMITS, staleIfError: 1000 }, "list", false],
  ] as const)("%s", (_, policy, kind, expected) => {
    expect(of(policy, kind) !== undefined).toBe(expected);
  });

  it("is one for each model and kind, and says whose", () => {
    let now = 0;
    const changes: unknown[] = [];
    const switches = new AdaptiveSwitches(
      () => now,
      (change) => changes.push(change),
    );
    const policy = { ...OWN_DEFAULTS, adaptive: OWN_LIMITS };
    const lists = switches.of(policy, "Product", "list")!;
    expect(switches.of(policy, "Product", "list")).toBe(lists);
    expect(switches.of(policy, "Product", "single")).not.toBe(lists);
    expect(switches.of(policy, "Order", "list")).not.toBe(lists);
    for (let i = 0; i < minReads; i++) lists.dropped(0);
    now += window;
    lists.dropped(0);
    expect(changes).toEqual([
      { model: "Product", kind: "list", isOff: true, hits: 0, dropped: minReads, milliseconds: offFor },
    ]);
    expect([lists.isOff, switches.of(policy, "Product", "single")!.isOff]).toEqual([true, false]);
  });
});
