import { INSTALLED_SCENARIO } from "../../scenario-names.js";
import { figureOf, subjectsOf } from "../figures.js";
import type { MakeSection } from "../section.js";
import { shown } from "../table.js";

export const installedSizeSection: MakeSection = (result) => {
  const figure = (subject: string, name: string) =>
    figureOf(result, { case: "installed size", scenario: INSTALLED_SCENARIO, subject }, name);
  return {
    title: "Installed size",
    about:
      "What `@evercache/prisma` brings into node_modules besides its peers, which are there already: itself and its production " +
      "dependencies, all the way down. Of evercache's own packages, what is published.",
    tables: [
      {
        title: "installed size",
        columns: ["", "packages", "kB"],
        rows: subjectsOf(result, "installed size").map((subject) => [
          subject,
          shown(figure(subject, "packages")),
          shown((figure(subject, "bytes") ?? 0) / 1000),
        ]),
      },
    ],
    charts: [],
  };
};
