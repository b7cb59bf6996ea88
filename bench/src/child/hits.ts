import { openDatabase } from "../database.js";
import { queriesOf, type Query, type Scenario } from "../queries.js";
import type { SubjectName } from "../subjects/names.js";
import type { Subject } from "../subjects/subject.js";
import { SUBJECTS } from "../subjects/subjects.js";
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
    if (subject.counts) await fill(subject, queries);
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

/** Not all at once: a cache that is overwhelmed may store nothing. */
async function fill(subject: Subject, queries: readonly Query[]): Promise<void> {
  const next = queries[Symbol.iterator]();
  const work = async () => {
    for (let one = next.next(); !one.done; one = next.next()) await subject.read(one.value);
  };
  await Promise.all(Array.from({ length: 16 }, work));
}

function inTurn(queries: readonly Query[], read: (query: Query) => PromiseLike<unknown>): () => PromiseLike<unknown> {
  let next = 0;
  return () => {
    if (next === queries.length) next = 0;
    return read(queries[next++]!);
  };
}
