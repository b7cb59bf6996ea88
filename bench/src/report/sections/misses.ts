import { MISSES_IN_FLIGHT } from "../../in-flight.js";
import { figureOf, ratio, subjectsOf } from "../figures.js";
import type { BenchResult } from "../result.js";
import type { MakeSection } from "../section.js";
import { barsOf } from "../subject-kind.js";
import { shown } from "../table.js";

export const missesSection: MakeSection = (result) => {
  const cpu = (subject: string) => figure(result, subject, "cpuMicros");
  return {
    title: "Reads that no cache has yet",
    about:
      `One row by its id, each row once, ${MISSES_IN_FLIGHT} at a time. The processor time is that of the Node process, in ` +
      "microseconds a read: it also pays for what happens after the answer, such as the fill.",
    tables: [
      {
        title: "misses",
        columns: ["", "reads per second", "processor time µs", "× prisma"],
        rows: subjectsOf(result, "misses").map((subject) => [
          subject,
          shown(figure(result, subject, "perSecond")),
          shown(cpu(subject)),
          shown(ratio(cpu(subject), cpu("prisma"))),
        ]),
      },
    ],
    charts: [
      {
        name: "misses",
        title: "Reads that no cache has yet",
        unit: "µs of processor time a read; less is better",
        bars: barsOf(subjectsOf(result, "misses"), cpu),
      },
    ],
  };
};

function figure(result: BenchResult, subject: string, name: string): number | undefined {
  return figureOf(result, { case: "misses", scenario: "one row", subject, inFlight: MISSES_IN_FLIGHT }, name);
}
