import { expect, it } from "vitest";
import { Cache } from "../../src/cache.js";
import { boundStats } from "../../src/observation/bounded-stats.js";
import { CountsByOperation } from "../../src/read-counts.js";
import type { CacheStats } from "../../src/stats.js";

function statsOf(models: number): CacheStats {
  const counted = new CountsByOperation();
  for (let i = 0; i < models; i++) counted.of({ model: `Model${i}`, operation: "findMany" }).hit = i;
  return { ...new Cache({} as never).stats(), models: counted.snapshot() };
}

it("leaves out nothing where there is room", () => {
  const stats = statsOf(10);
  expect(boundStats(stats, 10_000)).toEqual({ stats, leftOut: 0 });
});

it("leaves out the models that are asked for least, and says how many", () => {
  const { stats, leftOut } = boundStats(statsOf(1000), 10_000);
  const kept = Object.keys(stats.models);
  expect(JSON.stringify(stats).length).toBeLessThanOrEqual(10_000);
  expect(JSON.stringify(stats).length).toBeGreaterThan(9_000);
  expect(kept[0]).toBe("Model999");
  expect(kept.length + leftOut).toBe(1000);
});
