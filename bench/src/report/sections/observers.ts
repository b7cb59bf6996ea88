import { OBSERVED_SCENARIO, OBSERVERS } from "../../scenario-names.js";
import { figureOf, ratio } from "../figures.js";
import type { MakeSection } from "../section.js";
import { shown } from "../table.js";

export const observersSection: MakeSection = (result) => {
  const figure = (subject: string, name: string) =>
    figureOf(result, { case: "observers", scenario: OBSERVED_SCENARIO, subject, inFlight: 32 }, name);
  return {
    title: "Observers",
    about:
      "Two columns of a row, tracked in process memory, 32 reads in flight: while nobody looks on, with a listener by `$cache.on`, and with the " +
      "metrics of `@evercache/prometheus`. All in one process, in turns of milliseconds; beside nobody: the median of the turns.",
    tables: [
      {
        title: "hits in process memory while somebody looks on",
        columns: ["", "reads/s", "µs a read", "beside nobody"],
        rows: OBSERVERS.map((observer) => [
          observer,
          shown(figure(observer, "perSecond")),
          shown(ratio(1e6, figure(observer, "perSecond"))),
          shown(figure(observer, "besideNobody"), " ×"),
        ]),
      },
    ],
    charts: [],
  };
};
