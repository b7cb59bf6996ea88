import { openDatabase, type Database } from "../database.js";
import { inParallel, numbers } from "../in-parallel.js";
import { listOfCategory } from "../queries.js";
import type { SubjectName } from "../subjects/names.js";
import type { Subject } from "../subjects/subject.js";
import { SUBJECTS } from "../subjects/subjects.js";

let ready: { readonly database: Database; readonly subject: Subject } | undefined;

export interface StampedeStart {
  readonly subject: SubjectName;
  readonly databaseUrl: string;
  readonly redisUrl: string;
}

/** Connects, and reads other lists, so that the stampede finds everything warm but what it asks for. */
export async function stampedeReady({ subject: name, databaseUrl, redisUrl }: StampedeStart): Promise<void> {
  const database = openDatabase(databaseUrl, { counting: true });
  const subject = SUBJECTS[name](database.prisma, redisUrl);
  for (let turn = 0; turn < 5; turn++) {
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
