import { Application } from "../../../test/types/application.js";
import type { RunCase } from "./case.js";

const CLIENTS = {
  "Prisma's client": "plain",
  "extended by nothing": "plain.$extends({})",
  "with the cache": "plain.$extends(cacheExtension({ models: { M1: false } }))",
} as const;

/** What TypeScript has to do for a read and a write of every model of a schema. */
export const compilerCost: RunCase = async ({ scale, record, progress }) => {
  const { models } = scale.compilerCost;
  // The longest way that TypeScript can go from relation to relation.
  const ring = new Application("bench", models, (model) => [(model + 1) % models, (model + 7) % models]);
  await ring.generate();
  for (const [subject, client] of Object.entries(CLIENTS)) {
    const cost = await ring.compile(subject.replaceAll(/\W+/g, "-"), client);
    record({ case: "compiler cost", scenario: `${models} models`, subject }, { ...cost });
  }
  progress(`compiler cost: ${models} models`);
};
