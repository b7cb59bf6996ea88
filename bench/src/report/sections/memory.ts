import { REDIS_SCENARIO } from "../../scenario-names.js";
import { figureOf, scenariosOf, subjectsOf } from "../figures.js";
import type { MakeSection } from "../section.js";
import { shown } from "../table.js";

const MIB = 2 ** 20;

export const memorySection: MakeSection = (result) => {
  const subjects = subjectsOf(result, "memory");
  const heaps = scenariosOf(result, "memory").filter((scenario) => scenario !== REDIS_SCENARIO);
  const figure = (scenario: string, subject: string, name: string) =>
    figureOf(result, { case: "memory", scenario, subject }, name);
  const mebibytes = (bytes: number | undefined) => (bytes === undefined ? undefined : bytes / MIB);
  const inRedis = { "a read, all told": "bytesPerRead", "an entry": "bytesPerEntry", "a token": "bytesPerToken" };
  return {
    title: "Memory",
    about:
      "Different rows, each read once. Of the process: what it holds more than before, in MiB, after a garbage collection. Of " +
      "Redis: bytes by MEMORY USAGE, keys included, and what the server uses more, divided by the reads.",
    tables: [
      {
        title: "held by the process, MiB",
        columns: ["", ...heaps],
        rows: subjects.map((subject) => [
          subject,
          ...heaps.map((heap) => shown(mebibytes(figure(heap, subject, "bytes")))),
        ]),
      },
      {
        title: "held by Redis, bytes",
        columns: ["", ...Object.keys(inRedis)],
        rows: subjects
          .filter((subject) => figure(REDIS_SCENARIO, subject, "bytesPerRead") !== undefined)
          .map((subject) => [
            subject,
            ...Object.values(inRedis).map((name) => shown(figure(REDIS_SCENARIO, subject, name))),
          ]),
      },
    ],
    charts: [],
  };
};
