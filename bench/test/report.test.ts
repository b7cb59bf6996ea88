import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { svg } from "../src/report/chart.js";
import { page } from "../src/report/page.js";
import { Recorder, type BenchResult, type Measurement, type Place } from "../src/report/result.js";
import { sectionsOf } from "../src/report/sections.js";
import { markdown, plainText, shown } from "../src/report/table.js";
import { targetsOf, verdictOf } from "../src/report/targets.js";
import { writeReport } from "../src/report/write-report.js";
import { stampedeScenario } from "../src/scenario-names.js";

function resultOf(measurements: readonly Measurement[], rest: Partial<BenchResult> = {}): BenchResult {
  return {
    format: 1,
    command: "npm run bench",
    date: "2026-11-28T12:00:00.000Z",
    seconds: 61,
    isQuick: false,
    environment: {
      machine: "box",
      processor: "A processor",
      cores: 2,
      memoryGiB: 16,
      system: "Linux 6 x64",
      versions: { node: "20.0.0" },
    },
    measurements,
    leftOut: [],
    ...rest,
  };
}

const hit = (subject: string, ...perSecond: number[]): Measurement => ({
  case: "hits",
  scenario: "one row",
  subject,
  inFlight: 32,
  figures: { perSecond, hitRatio: perSecond.map(() => 1) },
});

function targetOf(result: BenchResult, what: string) {
  const target = targetsOf(result).find((one) => one.what === what);
  if (!target) throw new Error(`no target ${what}`);
  return { figure: target.figure, verdict: verdictOf(target) };
}

describe("the recorder", () => {
  it("keeps the figures of each place apart, a value a round", () => {
    const recorder = new Recorder();
    const place: Place = { case: "hits", scenario: "one row", subject: "L2", inFlight: 1 };
    recorder.record(place, { perSecond: 123_456.7 });
    recorder.record({ ...place, inFlight: 32 }, { perSecond: 7 });
    recorder.record({ ...place }, { perSecond: 0.123_456 });
    expect(recorder.measurements()).toEqual([
      { ...place, figures: { perSecond: [123_500, 0.1235] } },
      { ...place, inFlight: 32, figures: { perSecond: [7] } },
    ]);
  });
});

describe("targets", () => {
  const besidePeer = "one row: L2 beside prisma-extension-redis";

  it("compare medians, and hold at the bound itself", () => {
    const result = resultOf([hit("L2", 1, 250, 9000), hit("prisma-extension-redis", 100, 90, 110)]);
    expect(targetOf(result, besidePeer)).toEqual({ figure: 2.5, verdict: "holds" });
    const slower = resultOf([hit("L2", 249), hit("prisma-extension-redis", 100)]);
    expect(targetOf(slower, besidePeer).verdict).toBe("missed");
  });

  it("of what was not measured say so", () => {
    expect(targetOf(resultOf([hit("L2", 1)]), besidePeer)).toEqual({ figure: undefined, verdict: "not measured" });
    expect(targetsOf(resultOf([])).map(verdictOf)).toEqual(targetsOf(resultOf([])).map(() => "not measured"));
  });

  it("count the stale answers of all rounds: a median would hide the round that had one", () => {
    const mix = { case: "mixed", scenario: "95/5", subject: "L2", inFlight: 32 } as const;
    const result = resultOf([{ ...mix, figures: { queriesPerRead: [0.1, 0.1, 0.1], stale: [0, 1, 0] } }]);
    const stale = targetsOf(result).find(({ unit }) => unit === " stale answers");
    expect(stale && verdictOf(stale)).toBe("missed");
  });

  it("take the worst stampede", () => {
    const scenario = stampedeScenario(4);
    const result = resultOf([{ case: "stampede", scenario, subject: "L2", figures: { queries: [4, 4, 4, 5] } }]);
    expect(targetOf(result, `${scenario}: L2`)).toEqual({ figure: 5, verdict: "missed" });
  });

  it("say what a write adds in round trips to Redis, beside the plain writes of the same process", () => {
    const figures = { p50: [1.3], plainP50: [1], pingP50: [0.2] };
    const at = { case: "writes", subject: "L2", inFlight: 1 } as const;
    const result = resultOf([
      { ...at, scenario: "1,000,000 foreign keys", figures: { ...figures, p50: [1.5] } },
      { ...at, scenario: "0 foreign keys", figures },
    ]);
    const added = targetOf(result, "a write, 0 foreign keys: what L2 adds to prisma");
    expect(added.figure).toBeCloseTo(1.5);
    const grown = targetOf(result, "a write: L2 with 1,000,000 foreign keys, beside 0 foreign keys");
    expect(grown).toEqual({ figure: 1.5 / 1.3, verdict: "missed" });
  });
});

describe("charts", () => {
  const bars = [
    { label: "mine & <yours>", value: 200, kind: "evercache" },
    { label: "other", value: 50, kind: "peer" },
  ] as const;
  const widths = (text: string) => [...text.matchAll(/<rect [^>]*width="([\d.]+)"/g)].map(([, width]) => Number(width));

  it("have bars in proportion to their figures", () => {
    const [first, second] = widths(svg({ name: "c", title: "t", unit: "u", bars }));
    expect(first! / second!).toBeCloseTo(4, 1);
  });

  it("stay within their frame, whatever the labels", () => {
    const text = svg({ name: "c", title: "t", unit: "u", bars: [{ ...bars[0], label: "x".repeat(60) }, bars[1]] });
    const [, frame] = /viewBox="0 0 (\d+)/.exec(text)!;
    const ends = [...text.matchAll(/<rect [^>]*x="([\d.]+)"[^>]*width="([\d.]+)"/g)].map(
      ([, x, width]) => Number(x) + Number(width),
    );
    expect(Math.max(...ends)).toBeLessThan(Number(frame));
  });

  it("are XML also where a label is not", () => {
    const text = svg({ name: "c", title: 'a "t"', unit: "u", bars });
    expect(text).toContain("mine &amp; &lt;yours&gt;");
    expect(text).toContain('aria-label="a &quot;t&quot;"');
  });

  it("with no figure above 0 are still charts", () => {
    const text = svg({ name: "c", title: "t", unit: "u", bars: [{ ...bars[0], value: 0 }] });
    expect(text).not.toContain("NaN");
    expect(widths(text)).toEqual([1]);
  });
});

describe("tables", () => {
  const table = { title: "t", columns: ["", "figure"], rows: [["a|b", "1"]] };

  it("in Markdown keep a bar within a cell", () => {
    expect(markdown(table)).toBe("|  | figure |\n| --- | --: |\n| a\\|b | 1 |");
  });

  it("in a terminal stand in columns", () => {
    expect(plainText(table)).toBe("t\n     figure\na|b       1");
  });

  it.each([
    [undefined, "–"],
    [0, "0"],
    [0.126, "0.13"],
    [12.34, "12.3"],
    [1234.5, "1,235"],
    [3, "3"],
  ])("%s is shown as %s", (value, text) => {
    expect(shown(value)).toBe(text);
  });
});

describe("the page", () => {
  it("says on what machine, by what command, what was left out and why", () => {
    const text = page(
      resultOf([], { leftOut: [{ subject: "L1 tracked", reason: "There is no option l1." }] }),
      "charts",
    );
    for (const part of ["`npm run bench`", "2026-11-28", "box", "A processor, 2 cores, 16 GiB", "node 20.0.0"]) {
      expect(text).toContain(part);
    }
    expect(text).toContain("Left out: **L1 tracked**. There is no option l1.");
  });

  it("warns of a quick run, and only of that", () => {
    expect(page(resultOf([], { isQuick: true }), "charts")).toContain("quick run");
    expect(page(resultOf([]), "charts")).not.toContain("quick run");
  });

  it("has a section for each case that was measured, and for no other", () => {
    expect(sectionsOf(resultOf([hit("L2", 1)])).map(({ title }) => title)).toEqual(["Reads that are in the cache"]);
  });
});

describe("the report", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "evercache-report-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("has every chart that its page shows, and none of before", () => {
    mkdirSync(path.join(folder, "performance"));
    writeFileSync(path.join(folder, "performance", "old.svg"), "");
    const mix: Measurement = {
      case: "mixed",
      scenario: "95/5",
      subject: "L2",
      inFlight: 32,
      figures: { perSecond: [1] },
    };
    const file = writeReport(resultOf([hit("L2", 1), mix]), folder);
    const shownCharts = [...readFileSync(file, "utf8").matchAll(/\]\(([^)]+\.svg)\)/g)].map(([, chart]) => chart!);
    expect(shownCharts.length).toBeGreaterThan(2);
    for (const chart of shownCharts) expect(existsSync(path.join(folder, chart))).toBe(true);
    expect(existsSync(path.join(folder, "performance", "old.svg"))).toBe(false);
  });
});
