import type { PrismaClient } from "../../setup/generated/postgresql/client.js";

/** A client with some cache, as a scenario sees it: evercache's, or a naive one's that the scenario must find out. */
export interface Subject {
  readonly prisma: PrismaClient;
  /** Resolves when what the cache does without being awaited has been done. */
  readonly settled: () => Promise<void>;
}

export interface SubjectPlace {
  readonly redisUrl: string;
  readonly namespace: string;
}

/** Puts a cache before a client, for the running test. */
export type MakeSubject = (plain: PrismaClient, place: SubjectPlace) => Subject;

let namespaces = 0;

/** A beginning of keys that no other test has. */
export function ownNamespace(): string {
  return `regression-${process.pid}-${namespaces++}`;
}
