import { SCENARIOS, type Scenario } from "../../queries.js";
import { SUBJECT_NAMES, type SubjectName } from "../../subjects/names.js";
import type { Bar, Chart } from "../chart.js";
import { figureOf } from "../figures.js";
import type { BenchResult } from "../result.js";
import type { MakeSection } from "../section.js";
import { kindOf } from "../subject-kind.js";
import { shown, type Table } from "../table.js";

const LEVELS = [1, 32, 256];

export const hitsSection: MakeSection = (result) => {
  const measured = SUBJECT_NAMES.filter((subject) =>
    result.measurements.some((measurement) => measurement.case === "hits" && measurement.subject === subject),
  );
  if (measured.length === 0) return null;
  return {
    title: "Reads that are in the cache",
    about:
      "Reads per second of rows with a column of every type: one row by its id, all 50 rows of a category, a row with its 20 " +
      "children, and a count. There are some hundred different reads of each form; each was filled once, and they are read in " +
      "turn, 1, 32 or 256 at a time.",
    tables: SCENARIOS.map((scenario) => tableOf(result, scenario, measured)),
    charts: SCENARIOS.map((scenario) => chartOf(result, scenario, measured)),
  };
};

function perSecond(result: BenchResult, scenario: Scenario, subject: SubjectName, inFlight: number) {
  return figureOf(result, { case: "hits", scenario, subject, inFlight }, "perSecond");
}

function tableOf(result: BenchResult, scenario: Scenario, subjects: readonly SubjectName[]): Table {
  const peer = perSecond(result, scenario, "prisma-extension-redis", 32);
  return {
    title: `${scenario}, reads per second`,
    columns: ["", ...LEVELS.map((level) => `${level} in flight`), "32: × PXR", "hit ratio"],
    rows: subjects.map((subject) => {
      const at32 = perSecond(result, scenario, subject, 32);
      const ratio = peer === undefined || at32 === undefined ? undefined : at32 / peer;
      const hitRatio = figureOf(result, { case: "hits", scenario, subject, inFlight: 32 }, "hitRatio");
      return [
        subject,
        ...LEVELS.map((level) => shown(perSecond(result, scenario, subject, level))),
        shown(ratio),
        subject === "prisma" ? "–" : shown(hitRatio),
      ];
    }),
  };
}

function chartOf(result: BenchResult, scenario: Scenario, subjects: readonly SubjectName[]): Chart {
  const bars = subjects.flatMap((subject): Bar[] => {
    const value = perSecond(result, scenario, subject, 32);
    return value === undefined ? [] : [{ label: subject, value, kind: kindOf(subject) }];
  });
  const name = `hits-${scenario.replaceAll(" ", "-")}`;
  return { name, title: `Hits: ${scenario}, 32 in flight`, unit: "reads per second", bars };
}
