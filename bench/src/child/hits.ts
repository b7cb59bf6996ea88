import { openDatabase } from "../database.js";
import { queriesOf, type Query, type Scenario } from "../queries.js";
import type { SubjectName } from "../subjects/names.js";
import { SUBJECTS } from "../subjects/subjects.js";
import { inParallel } from "../in-parallel.js";
import { Throughput } from "./throughput.js";

export interface HitsJob {
  readonly subject: SubjectName;
  readonly scenarios: readonly Scenario[];
  readonly levels: readonly Level[];
  /** How many different ones of each scenario. */
  readonly reads: number;
  /** Milliseconds, before each scenario. */
  readonly warmUp: number;
  readonly databaseUrl: string;
  readonly redisUrl: string;
}

export interface Level {
  readonly inFlight: number;
  readonly milliseconds: number;
}

export interface HitsResult {
  readonly scenario: Scenario;
  readonly inFlight: number;
  readonly perSecond: number;
  /** Of the reads measured. */
  readonly hitRatio: number;
}

/** Every read is filled once, then read in turn. All scenarios are warmed up before the first of them is measured. */
export async function hits(job: HitsJob): Promise<HitsResult[]> {
  const database = openDatabase(job.databaseUrl);
  const subject = SUBJECTS[job.subject](database.prisma, job.redisUrl);
  const most = Math.max(...job.levels.map(({ inFlight }) => inFlight));
  const scenarios = job.scenarios.map((scenario) => {
    const queries = queriesOf(scenario, job.reads);
    return { scenario, queries, throughput: new Throughput(inTurn(queries, subject.read)) };
  });
  for (const { queries, throughput } of scenarios) {
    await subject.prepare?.(queries);
    // Not all at once: a cache that is overwhelmed may store nothing.
    if (subject.counts) await inParallel(queries, 16, subject.read);
    await throughput.measure(most, job.warmUp / 2);
    await throughput.measure(most, job.warmUp / 2);
  }
  const results: HitsResult[] = [];
  for (const { scenario, queries, throughput } of scenarios) {
    await subject.prepare?.(queries);
    for (const { inFlight, milliseconds } of job.levels) {
      await throughput.measure(inFlight, milliseconds / 4);
      const before = subject.counts?.().hits ?? 0;
      const { perSecond, operations } = await throughput.measure(inFlight, milliseconds);
      const after = subject.counts?.().hits ?? operations;
      results.push({ scenario, inFlight, perSecond, hitRatio: (after - before) / operations });
    }
  }
  await subject.close();
  await database.close();
  return results;
}

function inTurn(queries: readonly Query[], read: (query: Query) => PromiseLike<unknown>): () => PromiseLike<unknown> {
  let next = 0;
  return () => {
    if (next === queries.length) next = 0;
    return read(queries[next++]!);
  };
}
