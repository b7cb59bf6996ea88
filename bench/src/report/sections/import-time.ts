import { figureOf } from "../figures.js";
import type { MakeSection } from "../section.js";
import { shown } from "../table.js";

export const importTimeSection: MakeSection = (result) => ({
  title: "Import time",
  about:
    "Milliseconds that the modules take to load, as they were built, each time in a new process: `client` is a generated client " +
    "with `@prisma/client`, `evercache` is `@evercache/prisma`. ioredis is loaded only where `redis` is a URL or options, when the extension is made.",
  tables: [
    {
      title: "import time, ms",
      columns: ["", "median"],
      rows: result.measurements
        .filter((measurement) => measurement.case === "import time")
        .map((measurement) => [
          `${measurement.subject}, ${measurement.scenario}`,
          shown(figureOf(result, measurement, "milliseconds")),
        ]),
    },
  ],
  charts: [],
});
