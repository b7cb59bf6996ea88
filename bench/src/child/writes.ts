import { Redis } from "ioredis";
import { openDatabase } from "../database.js";
import { percentile } from "../figures.js";
import type { BenchClient } from "../queries.js";
import type { SubjectName } from "../subjects/names.js";
import { SUBJECTS } from "../subjects/subjects.js";

export interface WritesJob {
  readonly subject: SubjectName;
  /** The first so many rows are written to. */
  readonly rows: number;
  /** Writes before those that are measured. */
  readonly warmUp: number;
  readonly writes: number;
  /** Milliseconds, after which no more are begun, of either: a write may cost a second. */
  readonly atMost: number;
  readonly databaseUrl: string;
  readonly redisUrl: string;
}

/** Times in milliseconds. */
export interface WritesResult {
  readonly p50: number;
  readonly p99: number;
  /** Of the same update without a cache, and of a PING after such an update, in the same process and in turn with the writes. */
  readonly plainP50: number;
  readonly pingP50: number;
  readonly writes: number;
}

const BLOCK = 10;

/** One at a time. The three that are compared take turns, so that a machine which gets slower does so for all. */
export async function writes(job: WritesJob): Promise<WritesResult> {
  const database = openDatabase(job.databaseUrl);
  const subject = SUBJECTS[job.subject](database.prisma, job.redisUrl);
  const redis = new Redis(job.redisUrl);
  let version = 0;
  const update = (client: BenchClient) => {
    const data = { description: `A description that is new, number ${++version}. `.repeat(2) };
    return client.product.update({ where: { id: (version % job.rows) + 1 }, data });
  };
  const measure = async (count: number, atMost: number) => {
    const times = { subject: [] as number[], plain: [] as number[], ping: [] as number[] };
    const until = performance.now() + atMost;
    while (times.subject.length < count && performance.now() < until) {
      await timed(times.plain, until, () => update(database.prisma));
      // As a write meets it: after the database was spoken to. One PING after another is done in a third of the time.
      await timed(
        times.ping,
        until,
        () => redis.ping(),
        () => update(database.prisma),
      );
      await timed(times.subject, until, () => update(subject.client));
    }
    return times;
  };
  await measure(job.warmUp, job.atMost);
  const { subject: own, plain, ping } = await measure(job.writes, job.atMost);
  await subject.close();
  redis.disconnect();
  await database.close();
  return {
    p50: percentile(own, 0.5),
    p99: percentile(own, 0.99),
    plainP50: percentile(plain, 0.5),
    pingP50: percentile(ping, 0.5),
    writes: own.length,
  };
}

/** A block of operations, of which there is one at least, each of them after what `before` does. */
async function timed(
  times: number[],
  until: number,
  act: () => PromiseLike<unknown>,
  before?: () => PromiseLike<unknown>,
): Promise<void> {
  for (let i = 0; i < BLOCK; i++) {
    await before?.();
    const began = performance.now();
    await act();
    const ended = performance.now();
    times.push(ended - began);
    if (ended >= until) return;
  }
}
