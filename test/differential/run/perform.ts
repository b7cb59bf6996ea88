import type { Batch, Interactive, Read, Statement, Step, Write } from "../operation.js";
import { methodOf, type AnyClient, type Method } from "./client.js";

type Query = PromiseLike<unknown> & { withCacheInfo?: () => Promise<{ data: unknown; info: { status: Status } }> };

export type Status = "hit" | "miss" | "bypass";

/** What a read came to: a value, or an error by its name and code. */
export type Answer = { readonly value: unknown } | { readonly error: string; readonly message: string };

/** What Prisma refused to run: a mistake of whoever wrote the query. */
export const INVALID = "PrismaClientValidationError";

export function errorName(error: unknown): string {
  const { name, code } = error as { name?: string; code?: string };
  return code === undefined ? (name ?? String(error)) : `${name} ${code}`;
}

export async function answerOf(client: AnyClient, read: Read): Promise<Answer> {
  try {
    return { value: await query(client, read) };
  } catch (error) {
    return { error: errorName(error), message: (error as Error).message };
  }
}

/** The same, and where it came from. An error does not say. */
export async function informedAnswer(
  client: AnyClient,
  read: Read,
): Promise<{ answer: Answer; status: Status | null }> {
  try {
    const { data, info } = await (query(client, read) as Required<Query>).withCacheInfo();
    return { answer: { value: data }, status: info.status };
  } catch (error) {
    return { answer: { error: errorName(error), message: (error as Error).message }, status: null };
  }
}

function query(
  client: AnyClient,
  { model, operation, args, path }: Read | Extract<Statement, { kind: "model" }>,
): Query {
  return follow(methodOf(client, model, operation)(args), path);
}

function follow(promise: PromiseLike<unknown>, path: readonly Step[]): Query {
  let last = promise;
  for (const { field, args } of path) {
    const method = Reflect.get(last, field) as Method | undefined;
    if (typeof method !== "function") throw new Error(`there is no fluent ${field}`);
    last = method.call(last, args);
  }
  return last;
}

class RollBack extends Error {
  override readonly name = "RollBack";
}

export async function perform(client: AnyClient, write: Write): Promise<void> {
  switch (write.kind) {
    case "model":
    case "raw":
      await statement(client, write);
      return;
    case "interactive":
      await interactive(client, write).catch(unlessRolledBack);
      return;
    case "batch":
      await batch(client, write);
      return;
    default:
      write satisfies never;
  }
}

function statement(client: AnyClient, write: Statement): PromiseLike<unknown> {
  return write.kind === "raw" ? client.$executeRawUnsafe(write.sql) : query(client, write);
}

async function interactive(client: AnyClient, { steps, end, catches }: Interactive): Promise<void> {
  await client.$transaction(async (tx: AnyClient) => {
    for (const step of steps) {
      try {
        if (step.kind === "read") await query(tx, step.read);
        else if (step.kind === "interactive") await interactive(tx, step).catch(unlessRolledBack);
        else await statement(tx, step);
      } catch (error) {
        if (!catches) throw error;
      }
    }
    if (end === "roll back") throw new RollBack();
  });
}

async function batch(client: AnyClient, { members }: Batch): Promise<void> {
  await client.$transaction(members.map((member) => statement(client, member)));
}

function unlessRolledBack(error: unknown): void {
  if (!(error instanceof RollBack)) throw error;
}
