import type { Chart } from "../chart.js";
import { figureOf, ratio, scenariosOf, subjectsOf } from "../figures.js";
import type { BenchResult } from "../result.js";
import type { MakeSection } from "../section.js";
import { barsOf } from "../subject-kind.js";
import { shown, type Table } from "../table.js";

const LEVELS = [1, 32, 256];

export const hitsSection: MakeSection = (result) => ({
  title: "Reads that are in the cache",
  about:
    "Reads per second of rows with a column of every type: one row by its id, all 50 rows of a category, a row with its 20 " +
    "children, and a count. There are some hundred different reads of each form; each was filled once, and they are read in " +
    "turn, 1, 32 or 256 at a time. The charts show 32 at a time.",
  tables: scenariosOf(result, "hits").map((scenario) => tableOf(result, scenario)),
  charts: scenariosOf(result, "hits").map((scenario) => chartOf(result, scenario)),
});

function perSecond(result: BenchResult, scenario: string, subject: string, inFlight: number) {
  return figureOf(result, { case: "hits", scenario, subject, inFlight }, "perSecond");
}

function tableOf(result: BenchResult, scenario: string): Table {
  const peer = perSecond(result, scenario, "prisma-extension-redis", 32);
  return {
    title: `${scenario}: reads per second`,
    columns: ["", ...LEVELS.map((level) => `${level} in flight`), "× prisma-extension-redis, at 32", "hit ratio"],
    rows: subjectsOf(result, "hits").map((subject) => [
      subject,
      ...LEVELS.map((level) => shown(perSecond(result, scenario, subject, level))),
      shown(ratio(perSecond(result, scenario, subject, 32), peer)),
      subject === "prisma"
        ? "–"
        : shown(figureOf(result, { case: "hits", scenario, subject, inFlight: 32 }, "hitRatio")),
    ]),
  };
}

function chartOf(result: BenchResult, scenario: string): Chart {
  return {
    name: `hits-${scenario.replaceAll(" ", "-")}`,
    title: `Reads from the cache: ${scenario}`,
    unit: "reads per second, 32 in flight",
    bars: barsOf(subjectsOf(result, "hits"), (subject) => perSecond(result, scenario, subject, 32)),
  };
}
