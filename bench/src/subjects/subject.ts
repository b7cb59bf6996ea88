import type { PrismaClient } from "../../generated/client.js";
import type { BenchClient, Query } from "../queries.js";

/** What is measured. */
export interface Subject {
  readonly read: (query: Query) => PromiseLike<unknown>;
  /** For writes. */
  readonly client: BenchClient;
  /** Called before reads of a new form, for a floor that has to have their results at hand. */
  readonly prepare?: (queries: readonly Query[]) => Promise<void>;
  /** Of the reads so far; those that cannot miss say nothing. */
  readonly counts?: () => Counts;
  readonly close: () => Promise<void>;
}

export interface Counts {
  /** Answered from the cache. */
  readonly hits: number;
  /** Sent past the cache, since a write was under way. */
  readonly bypasses: number;
}

/** Keeps entries for longer than any benchmark takes, so that only writes drop them. */
export type OpenSubject = (plain: PrismaClient, redisUrl: string) => Subject;

export const TTL_SECONDS = 3600;

/** A subject that is a Prisma client: it is asked as Prisma is. */
export function ofClient(client: object, rest: Pick<Subject, "close" | "counts" | "prepare">): Subject {
  const asked = client as BenchClient;
  return { client: asked, read: (query) => query.run(asked), ...rest };
}

/** JSON as caches without types write it: a BigInt becomes a text and stays one. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => (typeof inner === "bigint" ? String(inner) : inner));
}
