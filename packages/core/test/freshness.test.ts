import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { endOf, expiryOf, isDueEarly, renewedUntil, timelinessOf, type Lifetime } from "../src/freshness.js";

const PLAIN: Lifetime = { storedAt: 1000, freshUntil: 2000, loadTime: 10, sliding: null };
const SLIDING: Lifetime = { ...PLAIN, sliding: { ttl: 1000, cappedAt: 5000 } };

describe("a result expires", () => {
  it("when its time is over, or when it is too old for whoever asks", () => {
    expect(expiryOf(PLAIN, Infinity, Infinity)).toBe(2000);
    expect(expiryOf(PLAIN, 300, 300)).toBe(1300);
    // Nothing renewed it, so that it cannot be idle for less.
    expect(expiryOf(PLAIN, Infinity, 1)).toBe(2000);
  });

  it("where it slides, so long after it was last renewed as whoever asks says", () => {
    const renewed = { ...SLIDING, freshUntil: 4500 };
    expect(expiryOf(renewed, Infinity, Infinity)).toBe(4500);
    expect(expiryOf(renewed, Infinity, 400)).toBe(3900);
    expect(expiryOf(renewed, 1500, 1000)).toBe(2500);
  });

  it("and is served for a while after that, but never beyond its cap", () => {
    expect([1999, 2000, 2499, 2500].map((now) => timelinessOf(PLAIN, 2000, 500, now))).toEqual([
      "fresh",
      "stale",
      "stale",
      "expired",
    ]);
    expect([4999, 5000].map((now) => timelinessOf(SLIDING, 4800, 500, now))).toEqual(["stale", "expired"]);
    expect(timelinessOf(PLAIN, 2000, 0, 2000)).toBe("expired");
  });
});

describe("a renewal", () => {
  it("gives the whole ttl again, once a tenth of it is gone, up to the cap", () => {
    expect(renewedUntil(SLIDING, 1099)).toBeNull();
    expect(renewedUntil(SLIDING, 1100)).toBe(2100);
    expect(renewedUntil({ ...SLIDING, freshUntil: 4850 }, 4200)).toBe(5000);
    expect(renewedUntil({ ...SLIDING, freshUntil: 4950 }, 4600)).toBeNull();
    expect(renewedUntil({ ...SLIDING, freshUntil: 5000 }, 4999)).toBeNull();
  });

  it("is for what slides", () => {
    expect(renewedUntil(PLAIN, 1999)).toBeNull();
    expect([endOf(PLAIN), endOf(SLIDING)]).toEqual([2000, 5000]);
  });

  it("however often, and whenever, it comes, never passes the cap, nor comes more than ten times per ttl", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 60 }), (pauses) => {
        let now = 1000;
        let lifetime = SLIDING;
        let renewals = 0;
        for (const pause of pauses) {
          now += pause;
          const until = renewedUntil(lifetime, now);
          if (until === null) continue;
          renewals++;
          expect(until).toBeGreaterThan(lifetime.freshUntil);
          expect(until).toBeLessThanOrEqual(5000);
          lifetime = { ...lifetime, freshUntil: until };
        }
        expect(renewals).toBeLessThanOrEqual((10 * (now - 1000)) / 1000);
      }),
    );
  });
});

describe("an early refresh", () => {
  const due = (remaining: number, random: number, beta = 1) => isDueEarly(10, 2000, beta, 2000 - remaining, random);

  it("comes the sooner the longer the load took and the more eager it is to be", () => {
    // -ln(1 - 0.9) is 2.3: up to 23 ms before the end.
    expect([due(24, 0.9), due(23, 0.9)]).toEqual([false, true]);
    expect([due(47, 0.9, 2), due(46, 0.9, 2)]).toEqual([false, true]);
    expect(due(1, 0)).toBe(false);
    expect(due(0, 0)).toBe(true);
    expect(isDueEarly(0, 2000, 1, 1999, 0.999)).toBe(false);
  });

  it("is drawn from the distribution of its authors, also where no look at the chance is needed", () => {
    fc.assert(
      fc.property(
        fc.record({
          loadTime: fc.double({ min: 0, max: 1e4, noNaN: true }),
          beta: fc.double({ min: 0.01, max: 100, noNaN: true }),
          remaining: fc.double({ min: 0.001, max: 1e6, noNaN: true }),
          random: fc.double({ min: 0, max: 1 - 2 ** -53, noNaN: true }),
        }),
        ({ loadTime, beta, remaining, random }) => {
          const expected = -loadTime * beta * Math.log(1 - random) >= remaining;
          expect(isDueEarly(loadTime, remaining, beta, 0, random)).toBe(expected);
        },
      ),
    );
  });
});
