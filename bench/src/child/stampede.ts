import { openDatabase, type Database } from "../database.js";
import { inParallel, numbers } from "../in-parallel.js";
import { listOfCategory } from "../queries.js";
import type { SubjectName } from "../subjects/names.js";
import type { Subject } from "../subjects/subject.js";
import { SUBJECTS } from "../subjects/subjects.js";

let ready: { readonly database: Database; readonly subject: Subject } | undefined;

export interface StampedeStart {
  readonly subject: SubjectName;
  /** How often other lists are read, so that the stampede finds everything warm but what it asks for. */
  readonly warmUps: number;
  readonly databaseUrl: string;
  readonly redisUrl: string;
}

/** Connects and warms up. */
export async function stampedeReady(start: StampedeStart): Promise<void> {
  const { subject: name, warmUps, databaseUrl, redisUrl } = start;
  const database = openDatabase(databaseUrl, { counting: true });
  const subject = SUBJECTS[name](database.prisma, redisUrl);
  for (let turn = 0; turn < warmUps; turn++) {
    await inParallel(numbers(2, 40), 40, (category) => subject.read(listOfCategory(category)));
  }
  ready = { database, subject };
}

/** So many reads of the same list at once. Resolves to how many queries the database got. */
export async function stampede({ reads, category }: { reads: number; category: number }): Promise<number> {
  if (!ready) throw new Error("stampede: stampedeReady comes first");
  const { database, subject } = ready;
  const before = database.selects();
  await inParallel(numbers(1, reads), reads, () => subject.read(listOfCategory(category)));
  return database.selects() - before;
}
