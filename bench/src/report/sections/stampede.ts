import { STAMPEDE_READS } from "../../scenario-names.js";
import { figureOf, scenariosOf, subjectsOf } from "../figures.js";
import type { MakeSection } from "../section.js";
import { barsOf } from "../subject-kind.js";
import { shown } from "../table.js";

export const stampedeSection: MakeSection = (result) => {
  const scenarios = scenariosOf(result, "stampede");
  const subjects = subjectsOf(result, "stampede");
  const figure = (scenario: string, subject: string, name: string) =>
    figureOf(result, { case: "stampede", scenario, subject }, name);
  return {
    title: "A stampede",
    about:
      `${STAMPEDE_READS} reads of the same 50 rows at once, which no cache has: how many queries the database gets, and how many ` +
      "milliseconds it takes until all are answered.",
    tables: scenarios.map((scenario) => ({
      title: scenario,
      columns: ["", "database queries", "ms until all are answered"],
      rows: subjects.map((subject) => [
        subject,
        shown(figure(scenario, subject, "queries")),
        shown(figure(scenario, subject, "milliseconds")),
      ]),
    })),
    charts: scenarios.map((scenario) => ({
      name: `stampede-${scenario.replaceAll(/\W+/g, "-")}`,
      title: `A stampede: ${scenario}`,
      unit: "ms until all are answered; less is better",
      bars: barsOf(subjects, (subject) => figure(scenario, subject, "milliseconds")),
    })),
  };
};
