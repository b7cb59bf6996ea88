import { array, assert, double, integer, property, record } from "fast-check";
import { expect, it } from "vitest";
import { createWallClock } from "../src/traces/wall-clock.js";

it("stays within the millisecond that the system's clock says, also when that is set", () => {
  const step = record({
    passed: double({ min: 0, max: 50, noNaN: true }),
    set: integer({ min: -9e6, max: 9e6 }),
  });
  assert(
    property(array(step, { minLength: 1 }), (steps) => {
      let elapsed = 0;
      let day = performance.timeOrigin;
      const date = () => Math.floor(day);
      const now = createWallClock(date, () => elapsed);
      for (const { passed, set } of steps) {
        elapsed += passed;
        day += passed + set;
        expect(Math.abs(now() - date() - 0.5)).toBeLessThanOrEqual(0.5);
      }
    }),
  );
});

it("tells moments within a millisecond apart", () => {
  const origin = performance.timeOrigin;
  let elapsed = 1;
  const now = createWallClock(
    () => Math.floor(origin + elapsed),
    () => elapsed,
  );
  const first = now();
  elapsed += 0.25;
  expect(now() - first).toBeCloseTo(0.25, 2);
});
