import { expect, it } from "vitest";
import { Cache } from "../../src/cache.js";
import { boundStats } from "../../src/observation/bounded-stats.js";
import { CountsByOperation } from "../../src/read-counts.js";
import type { CacheStats } from "../../src/stats.js";

const NONE = {
  hit: 0,
  stale: 0,
  miss: 0,
  invalidated: 0,
  needless: 0,
  loads: 0,
  loadMilliseconds: 0,
  savedMilliseconds: 0,
  hitRatio: 0,
};

function statsOf(models: number): CacheStats {
  const counted = new CountsByOperation();
  for (let i = 0; i < models; i++) counted.of({ model: `Model${i}`, operation: "findMany" }).hit = i;
  return { ...new Cache({} as never).stats(), models: counted.snapshot() };
}

it("leaves out nothing where there is room", () => {
  const stats = statsOf(10);
  expect(boundStats(stats, 10_000)).toEqual({ stats, leftOut: 0 });
});

it("leaves out the queries that matter least, and the end of long ones", () => {
  const list = Array.from({ length: 50 }, (_, i) => {
    const tags = Array.from({ length: 20 }, () => "Product:row:?");
    return { ...NONE, model: "Product", operation: "findMany", shape: `${i} ${"x".repeat(5000)}`, tags };
  });
  const queries = { byLoads: list, byLoadMilliseconds: list.slice(0, 5), bySavedMilliseconds: [], byNeedless: [] };
  const { stats, leftOut } = boundStats({ ...statsOf(3), queries }, 50_000);
  expect(JSON.stringify(stats).length).toBeLessThanOrEqual(50_000);
  expect(stats.queries!.byLoads[0]!.shape).toMatch(/^0 x{497}…$/);
  expect(stats.queries!.byLoads.length).toBeGreaterThan(10);
  expect(stats.queries!.byLoads.length + leftOut).toBe(50);
});

it("leaves out the models that are asked for least, and says how many", () => {
  const { stats, leftOut } = boundStats(statsOf(1000), 10_000);
  const kept = Object.keys(stats.models);
  expect(JSON.stringify(stats).length).toBeLessThanOrEqual(10_000);
  expect(JSON.stringify(stats).length).toBeGreaterThan(4_000);
  expect(kept[0]).toBe("Model999");
  expect(kept.length + leftOut).toBe(1000);
});
