import { figureOf, ratio, scenariosOf, subjectsOf } from "../figures.js";
import type { BenchResult } from "../result.js";
import type { MakeSection } from "../section.js";
import { kindOf } from "../subject-kind.js";
import { SUBJECT_NAMES } from "../../subjects/names.js";
import { shown } from "../table.js";

export const writesSection: MakeSection = (result) => {
  const scenarios = scenariosOf(result, "writes");
  const subjects = subjectsOf(result, "writes");
  const p50 = (scenario: string, subject: string) => figure(result, scenario, subject, "p50");
  return {
    title: "Writes",
    about:
      "Milliseconds that an update by id takes, one at a time, with so many keys in Redis that have nothing to do with it. In " +
      "turn with the updates, in the same process, the same update without a cache was measured, and a PING of Redis: what is " +
      "left is how many round trips to Redis the cache adds. Few updates are measured where one takes very long.",
    tables: [
      {
        title: "updates, milliseconds",
        columns: ["", "Redis with", "p50", "p99", "plain p50", "PING p50", "added, in PINGs", "× empty Redis"],
        rows: scenarios.flatMap((scenario) =>
          subjects.map((subject) => [
            subject,
            scenario,
            shown(p50(scenario, subject)),
            shown(figure(result, scenario, subject, "p99")),
            shown(figure(result, scenario, subject, "plainP50")),
            shown(figure(result, scenario, subject, "pingP50")),
            shown(addedPings(result, scenario, subject)),
            shown(ratio(p50(scenario, subject), p50(scenarios[0]!, subject))),
          ]),
        ),
      },
    ],
    charts: [
      {
        name: "writes",
        title: "An update by id",
        unit: "ms, median; less is better",
        bars: SUBJECT_NAMES.filter((subject) => subjects.includes(subject)).flatMap((subject) =>
          scenarios.flatMap((scenario) => {
            const value = p50(scenario, subject);
            return value === undefined ? [] : [{ label: `${subject}, ${scenario}`, value, kind: kindOf(subject) }];
          }),
        ),
      },
    ],
  };
};

function figure(result: BenchResult, scenario: string, subject: string, name: string): number | undefined {
  return figureOf(result, { case: "writes", scenario, subject, inFlight: 1 }, name);
}

/** What a write takes longer than without a cache, in round trips to Redis: the medians of one process beside each other. */
export function addedPings(result: BenchResult, scenario: string, subject: string): number | undefined {
  const own = figure(result, scenario, subject, "p50");
  const plain = figure(result, scenario, subject, "plainP50");
  const difference = own === undefined || plain === undefined ? undefined : own - plain;
  return ratio(difference, figure(result, scenario, subject, "pingP50"));
}
