import { expect, it } from "vitest";
import { Breaker, type BreakerState } from "../src/breaker.js";

function makeBreaker(threshold: number): { breaker: Breaker; changes: [BreakerState, unknown][] } {
  const changes: [BreakerState, unknown][] = [];
  return { breaker: new Breaker(threshold, (state, error) => changes.push([state, error])), changes };
}

it("opens at the threshold, once, and says why", () => {
  const { breaker, changes } = makeBreaker(3);
  for (const error of ["a", "b"]) breaker.failed(error);
  expect(breaker.state).toBe("closed");
  for (const error of ["c", "d"]) breaker.failed(error);
  expect(breaker.state).toBe("open");
  expect(changes).toEqual([["open", "c"]]);
});

it("counts failures in a row only", () => {
  const { breaker } = makeBreaker(3);
  for (let i = 0; i < 5; i++) {
    breaker.failed("a");
    breaker.failed("b");
    breaker.succeeded();
  }
  expect(breaker.state).toBe("closed");
});

it("counts failed probes too, and a probe that succeeds starts anew", () => {
  const { breaker } = makeBreaker(3);
  breaker.failed("a");
  breaker.probed("failed", "b");
  breaker.probed("succeeded");
  breaker.failed("c");
  breaker.probed("failed", "d");
  expect(breaker.state).toBe("closed");
  breaker.probed("failed", "e");
  expect(breaker.state).toBe("open");
});

it("is closed by a probe, not by a late answer to a call", () => {
  const { breaker, changes } = makeBreaker(1);
  breaker.failed("a");
  breaker.succeeded();
  expect(breaker.state).toBe("open");
  breaker.probed("succeeded");
  expect(breaker.state).toBe("closed");
  expect(changes.map(([state]) => state)).toEqual(["open", "closed"]);
});

it("opens again as late as the first time", () => {
  const { breaker } = makeBreaker(2);
  for (let i = 0; i < 9; i++) breaker.failed("a");
  breaker.probed("succeeded");
  breaker.failed("b");
  expect(breaker.state).toBe("closed");
  breaker.failed("c");
  expect(breaker.state).toBe("open");
});
