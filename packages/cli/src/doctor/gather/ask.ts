import type { Redis } from "ioredis";

/** What a server said: an answer, or why there is none. */
export type Answer =
  | { readonly kind: "answer"; readonly value: unknown }
  | { readonly kind: "refused"; readonly message: string };

/** Sends one command. Rejects only where the connection fails. */
export async function ask(redis: Redis, command: string, ...args: readonly (string | number)[]): Promise<Answer> {
  try {
    return { kind: "answer", value: await redis.call(command, args as (string | number)[]) };
  } catch (error) {
    if (error instanceof Error && error.name === "ReplyError") return { kind: "refused", message: error.message };
    throw error;
  }
}

/** One setting of the server; undefined where the user may not ask, or the server does not have it. */
export async function setting(redis: Redis, name: string): Promise<string | undefined> {
  const answer = await ask(redis, "CONFIG", "GET", name);
  if (answer.kind === "refused" || !Array.isArray(answer.value)) return undefined;
  const value: unknown = answer.value[1];
  return typeof value === "string" ? value : undefined;
}

export async function numberSetting(redis: Redis, name: string): Promise<number | undefined> {
  const text = await setting(redis, name);
  return text === undefined || text === "" ? undefined : Number(text);
}
