import { expect, it } from "vitest";
import { GracePeriod } from "../src/grace-period.js";

it("is over at once where nothing is under way", () => {
  const grace = new GracePeriod();
  const told: string[] = [];
  grace.whenOver(() => told.push("never begun"));
  grace.end(grace.begin());
  grace.whenOver(() => told.push("ended"));
  expect(told).toEqual(["never begun", "ended"]);
});

it("waits for all that had begun, and for nothing that began after it", () => {
  const grace = new GracePeriod();
  const told: string[] = [];
  const [first, second] = [grace.begin(), grace.begin()];
  grace.whenOver(() => told.push("two"));
  const third = grace.begin();
  expect(third.number).toBeGreaterThan(second.number);
  grace.end(first);
  expect(told).toEqual([]);
  grace.end(second);
  expect(told).toEqual(["two"]);
  grace.whenOver(() => told.push("three"));
  expect(told).toEqual(["two"]);
  grace.end(third);
  expect(told).toEqual(["two", "three"]);
});

it("waits for what began in earlier periods, and tells in the order of the calls", () => {
  const grace = new GracePeriod();
  const told: string[] = [];
  const first = grace.begin();
  grace.whenOver(() => told.push("first"));
  const second = grace.begin();
  grace.whenOver(() => told.push("second"));
  grace.end(second);
  grace.whenOver(() => told.push("empty"));
  expect(told).toEqual([]);
  grace.end(first);
  expect(told).toEqual(["first", "second", "empty"]);
  grace.whenOver(() => told.push("at once"));
  expect(told).toHaveLength(4);
});
