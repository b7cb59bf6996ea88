import { openDatabase } from "../database.js";
import { inParallel, numbers } from "../in-parallel.js";
import { MEMORY_WARM_UP } from "../memory-rows.js";
import { rowById } from "../queries.js";
import type { SubjectName } from "../subjects/names.js";
import { SUBJECTS } from "../subjects/subjects.js";

export interface MemoryJob {
  readonly subject: SubjectName;
  /** Rising: after so many rows the heap is looked at. */
  readonly steps: readonly number[];
  readonly databaseUrl: string;
  readonly redisUrl: string;
}

/** Bytes that the process holds more after each step than before. Needs --expose-gc. */
export async function memory(job: MemoryJob): Promise<number[]> {
  const database = openDatabase(job.databaseUrl);
  const subject = SUBJECTS[job.subject](database.prisma, job.redisUrl);
  const read = (first: number, last: number) => inParallel(numbers(first, last), 32, (id) => subject.read(rowById(id)));
  await read(1, MEMORY_WARM_UP);
  const before = await held();
  const grown: number[] = [];
  let done = 0;
  for (const step of job.steps) {
    await read(MEMORY_WARM_UP + done + 1, MEMORY_WARM_UP + step);
    done = step;
    grown.push((await held()) - before);
  }
  await subject.close();
  await database.close();
  return grown;
}

/** Twice, with a turn of the event loop between: what finalizers let go of is gone then. */
async function held(): Promise<number> {
  const { gc } = globalThis as { gc?: () => void };
  if (!gc) throw new Error("memory: start the process with --expose-gc");
  for (let turn = 0; turn < 2; turn++) {
    gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
