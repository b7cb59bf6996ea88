import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { describe, expect, it } from "vitest";
import { FAMILIES } from "../../packages/prometheus/src/families/families.js";
import { ALERTS_FILE, readDashboard, readRules } from "./dashboard.js";
import { selectorsOf } from "./promql.js";

const dashboard = readDashboard();
const panels = dashboard.panels.filter(({ type }) => type !== "row");

describe("the dashboard", () => {
  it("asks the data source that whoever looks at it chooses, and loads without edits", () => {
    expect(dashboard.__inputs).toBeUndefined();
    const [source, ...variables] = dashboard.templating.list;
    expect(source).toMatchObject({ name: "datasource", type: "datasource", query: "prometheus" });
    expect(variables.map(({ name }) => name)).toEqual(["cache", "model"]);
    for (const { title, datasource, targets = [] } of panels) {
      expect(datasource?.uid, title).toBe("${datasource}");
      expect(targets.length, title).toBeGreaterThan(0);
      for (const target of targets) expect(target.datasource.uid, title).toBe("${datasource}");
    }
    const used = JSON.stringify(dashboard)
      .match(/\$(?!__)\{?\w+/g)!
      .map((name) => name.replace(/\$\{?/, ""));
    // `$cache.pause()` and the like are prose.
    expect(new Set(used)).toEqual(new Set(["datasource", "cache", "model"]));
  });

  it("has a place of its own for each panel, none over another, none over the edge", () => {
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    const taken = new Set<string>();
    for (const { title, gridPos } of dashboard.panels) {
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x},${y}`), title).toBe(false);
          taken.add(`${x},${y}`);
        }
      }
    }
  });

  it("has no line without a name where lines are told apart by a label", () => {
    const unnamed = panels.filter(({ targets = [] }) =>
      targets.some(({ expr, legendFormat }) => legendFormat.includes("{{") && /\bor vector\(/.test(expr)),
    );
    expect(unnamed.map(({ title }) => title)).toEqual([]);
  });

  it("shows every metric", () => {
    const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    const all = [...expressions, ...readRules().map(({ expr }) => expr)].join("\n");
    const unseen = FAMILIES.filter(({ name }) => !all.includes(name)).map(({ name }) => name);
    // How often the breaker opened is for those who ask; the panel shows when.
    expect(unseen).toEqual(["evercache_breaker_opened_total"]);
  });
});

describe("the alerts", () => {
  it("are as Prometheus reads them", () => {
    const file = parse(readFileSync(ALERTS_FILE, "utf8")) as { groups: { name: string; rules: unknown[] }[] };
    expect(Object.keys(file)).toEqual(["groups"]);
    expect(file.groups.map(({ name }) => name)).toEqual(["evercache"]);
    for (const rule of readRules()) {
      const { for: lasting = "0s", ...rest } = rule;
      expect(rest).toEqual({
        alert: expect.stringMatching(/^Evercache[A-Z]\w+$/),
        expr: expect.any(String),
        labels: { severity: expect.stringMatching(/^(?:warning|critical)$/) },
        annotations: { summary: expect.stringMatching(/\{\{/), description: expect.any(String) },
      });
      expect(lasting).toMatch(/^\d+[sm]$/);
    }
  });

  it("are of what must not go unnoticed", () => {
    expect(Object.fromEntries(readRules().map(({ alert, for: lasting = "at once" }) => [alert, lasting]))).toEqual({
      EvercacheHitRatioLow: "10m",
      EvercacheRedisMemoryHigh: "5m",
      EvercacheBreakerOpen: "1m",
      EvercacheStoreUnreachable: "2m",
      EvercacheRecoveryQueue: "1m",
      EvercacheViolation: "at once",
      EvercacheRedisDown: "1m",
    });
  });
});

describe("what reads PromQL here", () => {
  it("refuses what is none, and finds names in what is", () => {
    expect(() => selectorsOf("sum by (cache (evercache_paused)")).toThrow(/not PromQL/);
    expect(selectorsOf('sum by (a, b) (rate(x{c="d", e=~"f"}[5m])) / y')).toEqual([
      {
        metric: "x",
        matchers: [
          { label: "c", operator: "=", value: "d" },
          { label: "e", operator: "=~", value: "f" },
        ],
        groupedBy: ["a", "b"],
      },
      { metric: "y", matchers: [], groupedBy: [] },
    ]);
  });
});

describe("docs/prometheus.md", () => {
  const page = readFileSync(new URL("../../docs/prometheus.md", import.meta.url), "utf8");
  /** The rows of its tables that begin with names of metrics. */
  const rows = page
    .split("\n")
    .filter((line) => line.startsWith("| `evercache_"))
    .map((line) => line.split("|").slice(1));

  it("lists every metric with its labels", () => {
    const listed = rows.flatMap(([names = "", labels = ""]) =>
      [...names.matchAll(/`(evercache_\w+)`/g)].map(
        ([, name]) => [name, [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label)] as const,
      ),
    );
    // Those of Redis have `node` besides, as its section says.
    const known = FAMILIES.map(({ name, labels }) => [name, labels.filter((label) => label !== "node")] as const);
    expect(new Map(listed)).toEqual(new Map(known));
  });

  it("lists every alert", () => {
    for (const { alert } of readRules()) expect(page).toContain(`| \`${alert}\` |`);
  });
});
