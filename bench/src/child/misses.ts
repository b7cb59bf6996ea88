import { openDatabase } from "../database.js";
import { inParallel, numbers } from "../in-parallel.js";
import { rowById } from "../queries.js";
import type { SubjectName } from "../subjects/names.js";
import { SUBJECTS } from "../subjects/subjects.js";

export interface MissesJob {
  readonly subject: SubjectName;
  readonly inFlight: number;
  /** How many rows are read before the clock starts, and after that. */
  readonly warmUp: number;
  readonly measured: number;
  readonly databaseUrl: string;
  readonly redisUrl: string;
}

export interface MissesResult {
  readonly perSecond: number;
  /** Processor time of this process, in microseconds an operation. */
  readonly cpuMicros: number;
}

/** Each row is read once. */
export async function misses(job: MissesJob): Promise<MissesResult> {
  const database = openDatabase(job.databaseUrl);
  const subject = SUBJECTS[job.subject](database.prisma, job.redisUrl);
  const read = (id: number) => subject.read(rowById(id));
  await inParallel(numbers(1, job.warmUp), job.inFlight, read);
  const cpu = process.cpuUsage();
  const began = performance.now();
  await inParallel(numbers(job.warmUp + 1, job.warmUp + job.measured), job.inFlight, read);
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  await subject.close();
  await database.close();
  return { perSecond: job.measured / seconds, cpuMicros: (user + system) / job.measured };
}
