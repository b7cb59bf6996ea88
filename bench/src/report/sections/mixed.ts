import { MIXED_IN_FLIGHT } from "../../in-flight.js";
import type { Chart } from "../chart.js";
import { figureOf, roundsOf, scenariosOf, subjectsOf } from "../figures.js";
import type { BenchResult } from "../result.js";
import type { MakeSection } from "../section.js";
import { barsOf } from "../subject-kind.js";
import { shown, type Table } from "../table.js";

export const mixedSection: MakeSection = (result) => ({
  title: "A mix of reads and writes",
  about:
    "After the Yahoo! Cloud Serving Benchmark (Cooper et al., SoCC 2010): keys by Zipf's law with the constant 0.99, " +
    `${MIXED_IN_FLIGHT} operations at a time. Half of the reads are of a row by its id, half are the list of its category; the writes ` +
    "update a row. An answer is stale if it is older than what had been acknowledged when its read began. *by model* is " +
    "evercache made to drop all entries of the model with each write; *hand-written* and *bare* never learn of a write.",
  tables: scenariosOf(result, "mixed").map((scenario) => tableOf(result, scenario)),
  charts: scenariosOf(result, "mixed").flatMap((scenario) => chartsOf(result, scenario)),
});

function figure(result: BenchResult, scenario: string, subject: string, name: string): number | undefined {
  return figureOf(result, { case: "mixed", scenario, subject, inFlight: MIXED_IN_FLIGHT }, name);
}

/** Of all rounds together; a median would hide the one that had some. */
export function staleAnswers(result: BenchResult, scenario: string, subject: string): number | undefined {
  const rounds = roundsOf(result, { case: "mixed", scenario, subject, inFlight: MIXED_IN_FLIGHT }, "stale");
  return rounds.length === 0 ? undefined : rounds.reduce((sum, stale) => sum + stale, 0);
}

function tableOf(result: BenchResult, scenario: string): Table {
  const columns = {
    "operations per second": "perSecond",
    "database queries per read": "queriesPerRead",
    "past the cache": "bypassRatio",
    "read p50 ms": "readP50",
    "read p99 ms": "readP99",
    "write p50 ms": "writeP50",
    "write p99 ms": "writeP99",
  };
  return {
    title: `${scenario}: reads and writes in percent`,
    columns: ["", ...Object.keys(columns), "stale answers"],
    rows: subjectsOf(result, "mixed").map((subject) => [
      subject,
      ...Object.values(columns).map((name) => shown(figure(result, scenario, subject, name))),
      shown(staleAnswers(result, scenario, subject)),
    ]),
  };
}

function chartsOf(result: BenchResult, scenario: string): Chart[] {
  const name = `mixed-${scenario.replaceAll(/\W+/g, "-")}`;
  const subjects = subjectsOf(result, "mixed");
  return [
    {
      name,
      title: `A mix of ${scenario} reads and writes`,
      unit: `operations per second, ${MIXED_IN_FLIGHT} in flight`,
      bars: barsOf(subjects, (subject) => figure(result, scenario, subject, "perSecond")),
    },
    {
      name: `${name}-queries`,
      title: `A mix of ${scenario} reads and writes: what the database still answers`,
      unit: "queries per read; less is better",
      bars: barsOf(subjects, (subject) => figure(result, scenario, subject, "queriesPerRead")),
    },
  ];
}
