import { BenchProcess } from "../process.js";
import { shopOf } from "../queries.js";
import { STAMPEDE_PROCESSES, STAMPEDE_READS, stampedeScenario } from "../scenario-names.js";
import type { SubjectName } from "../subjects/names.js";
import { interleaved, type RunCase } from "./case.js";

const MEASURED: readonly SubjectName[] = ["prisma", "prisma-extension-redis", "hand-written", "L2", "L1 tracked"];

/** The first list that no process has read to get ready. */
const FIRST_COLD = 41;

/** Very many reads of the same list at once, which no cache has. */
export const stampede: RunCase = async (context) => {
  const { repetitions, warmUps } = context.scale.stampede;
  const databaseUrl = await context.createShop("stampede", shopOf(FIRST_COLD + repetitions));
  for (const count of STAMPEDE_PROCESSES) {
    await interleaved(context.scale.rounds, context.among(MEASURED), async (subject, round) => {
      await context.redis.flushall();
      const processes = Array.from({ length: count }, () => new BenchProcess());
      try {
        const start = { subject, warmUps, databaseUrl, redisUrl: context.redisUrl };
        await Promise.all(processes.map((one) => one.ask("stampedeReady", start)));
        for (let repetition = 0; repetition < repetitions; repetition++) {
          const stampedeOf = { reads: STAMPEDE_READS / count, category: FIRST_COLD + repetition };
          const began = performance.now();
          const queries = await Promise.all(processes.map((one) => one.ask("stampede", stampedeOf)));
          const milliseconds = performance.now() - began;
          const sum = queries.reduce((total, own) => total + own, 0);
          context.record(
            { case: "stampede", scenario: stampedeScenario(count), subject },
            { queries: sum, milliseconds },
          );
          context.progress(`stampede, round ${round}, ${stampedeScenario(count)}, ${subject}: ${sum} queries`);
        }
      } finally {
        await Promise.all(processes.map((one) => one.end()));
      }
    });
  }
};
