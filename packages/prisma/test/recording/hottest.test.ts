import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Hottest } from "../../src/recording/hottest.js";

function see(most: number, keys: readonly number[]): Hottest<number> {
  const hottest = new Hottest<number>(most);
  for (const key of keys) hottest.see(String(key), () => key);
  return hottest;
}

const count = (keys: readonly number[], key: number) => keys.filter((one) => one === key).length;

test("hottest first, and `most` at most", () => {
  expect(see(2, [1, 2, 3, 3, 2, 3]).top()).toMatchObject([
    { value: 3, seen: 3 },
    { value: 2, seen: 2 },
  ]);
  expect(see(2, []).top()).toEqual([]);
});

test("the value is made once, when its key is first seen", () => {
  const hottest = new Hottest<string>(1);
  hottest.see("a", () => "first");
  hottest.see("a", () => {
    throw new Error("made twice");
  });
  expect(hottest.top()).toMatchObject([{ value: "first", seen: 2 }]);
});

test("what was asked all the time outlives any number of keys that were asked once", () => {
  const keys = Array.from({ length: 100_000 }, (_, i) => (i % 50 === 0 ? -1 - ((i / 50) % 3) : i));
  const top = see(200, keys).top();
  expect(top.slice(0, 3).map(({ value }) => value)).toEqual(expect.arrayContaining([-1, -2, -3]));
  expect(top).toHaveLength(200);
});

test("a list of keys that were all asked once has the latest", () => {
  const top = see(
    10,
    Array.from({ length: 1000 }, (_, i) => i),
  ).top();
  expect(top).toHaveLength(10);
  expect(Math.min(...top.map(({ value }) => value))).toBeGreaterThanOrEqual(980);
});

test("whatever is asked: the frequent ones are there, none counts too much, and few keys are counted exactly", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.array(fc.nat(12).chain((high) => fc.nat(high))), (most, keys) => {
      const top = see(most, keys).top();
      expect(top.length).toBe(Math.min(most, new Set(keys).size));
      for (const { value, seen } of top) expect(seen).toBeLessThanOrEqual(count(keys, value));
      for (const key of new Set(keys)) {
        if (count(keys, key) > keys.length / (most + 1)) expect(top.map(({ value }) => value)).toContain(key);
      }
      if (new Set(keys).size <= 2 * most) for (const { value, seen } of top) expect(seen).toBe(count(keys, value));
    }),
    { numRuns: 2000 },
  );
});
