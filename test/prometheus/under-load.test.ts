import { beforeAll, describe, expect, it, test } from "vitest";
import { FAMILIES } from "../../packages/prometheus/src/families/families.js";
import { findProgram, run } from "../setup/child-server.js";
import { ALERTS_FILE, panelQueries, readDashboard, readRules } from "./dashboard.js";
import { selectorsOf } from "./promql.js";
import { underLoad, type UnderLoad } from "./under-load.js";

let loaded: UnderLoad;

beforeAll(async () => {
  loaded = await underLoad(10_000, 0.1);
}, 120_000);

describe("the example's API under load", () => {
  it("agrees with what is counted outside of the cache", () => {
    expect(loaded.load.reads).toBeGreaterThan(100);
    expect(loaded.load.orders).toBeGreaterThan(0);
    for (const { what, metrics, outside } of loaded.comparisons) {
      expect(Math.abs(metrics - outside), what).toBeLessThanOrEqual(outside * 0.005);
    }
  });

  it("answers rightly", () => {
    const { stale, failed, examples } = loaded.load.verdicts;
    expect({ stale, failed, examples }).toEqual({ stale: 0, failed: 0, examples: [] });
  });

  it("has series of every metric but warnings", () => {
    const silent = FAMILIES.filter(({ name }) => !loaded.series.some((one) => one.name.startsWith(name)));
    expect(silent.map(({ name }) => name)).toEqual(["evercache_warnings_total"]);
  });

  it("has 41 series of a model at most", () => {
    const models = new Map<string, number>();
    for (const { labels } of loaded.series) {
      const { model } = labels;
      if (model !== undefined) models.set(model, (models.get(model) ?? 0) + 1);
    }
    expect(models.size).toBeGreaterThan(5);
    expect(Math.max(...models.values())).toBeLessThanOrEqual(41);
  });
});

/** Labels that Prometheus gives to what it scrapes. */
const FROM_OUTSIDE = ["instance", "job"];
const QUERIES = panelQueries(readDashboard(), "5m");

describe.each([
  ...QUERIES.map(({ panel, expression, legend }) => [`panel ${panel}`, expression, legend] as const),
  ...readRules().map(
    ({ alert, expr, annotations }) => [`alert ${alert}`, expr, Object.values(annotations).join()] as const,
  ),
])("%s", (of, expression, legend) => {
  it("asks for metrics, labels and values that there are", () => {
    const selectors = selectorsOf(expression);
    expect(selectors.length).toBeGreaterThan(0);
    for (const { metric, matchers, groupedBy } of selectors) {
      const labels = labelsOf(metric);
      for (const label of [...groupedBy, ...matchers.map((matcher) => matcher.label)]) expect(labels).toContain(label);
      for (const { label, operator, value } of matchers) {
        if (operator !== "=") continue;
        const values = loaded.series.filter(({ name }) => name === metric).map((one) => one.labels[label]);
        expect(values).toContain(value);
      }
    }
  });

  it("says of each line whose it is", () => {
    const named = [...legend.matchAll(/\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}/g)].map(([, label]) => label!);
    const kept = new Set(selectorsOf(expression).flatMap(({ groupedBy }) => groupedBy));
    for (const label of named) expect([...kept]).toContain(label);
    // A line of several needs a name that tells it from the others.
    for (const label of kept) if (label !== "le" && !of.startsWith("alert ")) expect(named).toContain(label);
  });
});

function labelsOf(metric: string): string[] {
  const histogram = FAMILIES.find(({ kind, name }) => kind === "histogram" && metric.startsWith(`${name}_`));
  const family = histogram ?? FAMILIES.find(({ name }) => name === metric);
  if (!family) throw new Error(`there is no metric ${metric}`);
  return ["cache", ...family.labels, ...(histogram ? ["le"] : []), ...FROM_OUTSIDE];
}

/** Where `prometheus` is on PATH, it says more than a grammar does. */
describe("a real Prometheus, where there is one", () => {
  test("finds what each panel shows, and can evaluate each alert", () => {
    const { prometheus } = loaded;
    expect(prometheus === null).toBe(findProgram(["prometheus"]) === null);
    expect(prometheus?.panels.filter(({ series }) => series === 0) ?? []).toEqual([]);
    expect(prometheus?.rules.filter(({ health }) => health !== "ok") ?? []).toEqual([]);
  });

  test("fires the alerts when it should, and not before", async () => {
    const promtool = findProgram(["promtool"]);
    const file = new URL("alerts.promtool.yml", import.meta.url).pathname;
    const said = promtool === null ? "SUCCESS" : await run(promtool, ["test", "rules", file]);
    expect(said).toContain("SUCCESS");
    const checked = promtool === null ? "7 rules" : await run(promtool, ["check", "rules", ALERTS_FILE]);
    expect(checked).toContain(`${readRules().length} rules`);
  });
});
