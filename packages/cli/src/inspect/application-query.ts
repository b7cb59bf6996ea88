import { setTimeout as pause } from "node:timers/promises";
import type { Application, Explanation } from "../application-cache.js";
import { CliError, messageOf, usageError } from "../cli-error.js";
import { ExitCode } from "../exit-codes.js";
import { delegateName, reviveArgs } from "./query-args.js";
import type { QueryText } from "./query-text.js";

/** A query of the application's client, which runs when it is awaited, and not before. */
type Query = PromiseLike<unknown> & {
  withCacheInfo?(): PromiseLike<{ readonly data: unknown; readonly info: { readonly status: string } }>;
};

/** Milliseconds that the client's cache may take to connect. */
const PATIENCE = 5_000;
const PAUSE = 25;

/** Those of Prisma, which run when they are awaited. A method that the application has added may do anything at once. */
const OPERATIONS = new Set(
  (
    "findUnique findUniqueOrThrow findFirst findFirstOrThrow findMany count aggregate groupBy create createMany " +
    "createManyAndReturn upsert update updateMany updateManyAndReturn delete deleteMany"
  ).split(" "),
);

/** What makes the query, each time anew. @throws CliError */
export function applicationQuery(
  { client }: Application,
  { model, operation, args }: QueryText,
  file: string,
): () => Query {
  const delegate = client[model] ?? client[delegateName(model)];
  if (typeof delegate !== "object" || delegate === null) {
    throw usageError(`the client has no model ${model}. Write it as in the application's code: product.findUnique.`);
  }
  const method = (delegate as Record<string, unknown>)[operation];
  if (typeof method !== "function" || !OPERATIONS.has(operation))
    throw usageError(`${model} has no operation ${operation}, of those that Prisma has.`);
  const revived = reviveArgs(args, client, file);
  return () => method.call(delegate, revived) as Query;
}

/** Runs nothing. @throws CliError */
export async function explain({ cache }: Application, query: () => Query): Promise<Explanation> {
  const end = performance.now() + PATIENCE;
  for (;;) {
    let explanation: Explanation;
    try {
      explanation = await cache.explain(query());
    } catch (error) {
      throw new CliError(`the query cannot be explained: ${messageOf(error)}`, ExitCode.usage, { cause: error });
    }
    const isConnecting = explanation.kind === "read" && explanation.reason === "unreachable";
    if (!isConnecting || performance.now() > end) return explanation;
    await pause(PAUSE);
  }
}

/** The cached result; null where it has gone, and the database has answered in its place. */
export async function cachedValue(query: () => Query): Promise<{ readonly value: unknown } | null> {
  const made = query();
  if (!made.withCacheInfo) return null;
  const { data, info } = await made.withCacheInfo();
  return info.status === "hit" || info.status === "stale" ? { value: data } : null;
}
