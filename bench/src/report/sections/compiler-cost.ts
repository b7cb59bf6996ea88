import { figureOf, ratio, scenariosOf, subjectsOf } from "../figures.js";
import type { MakeSection } from "../section.js";
import { shown } from "../table.js";

const EXTENDED = "extended by nothing";

export const compilerCostSection: MakeSection = (result) => ({
  title: "What the types cost the compiler",
  about:
    "Types and instantiations that TypeScript counts for a read and a write of every model of a schema: with Prisma's own client, " +
    "with one that an empty extension was applied to, and with one that has the cache.",
  tables: scenariosOf(result, "compiler cost").map((scenario) => {
    const figure = (subject: string, name: string) =>
      figureOf(result, { case: "compiler cost", scenario, subject }, name);
    return {
      title: scenario,
      columns: ["", "types", "instantiations", `× ${EXTENDED}`],
      rows: subjectsOf(result, "compiler cost").map((subject) => [
        subject,
        shown(figure(subject, "types")),
        shown(figure(subject, "instantiations")),
        shown(ratio(figure(subject, "instantiations"), figure(EXTENDED, "instantiations"))),
      ]),
    };
  }),
  charts: [],
});
