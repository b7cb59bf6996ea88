import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";

/** How long a set-up waits for servers to agree, in milliseconds. Long, since the machine may be busy. */
const PATIENCE = 40_000;

/** A connection to one server, whatever becomes of that: it comes back by itself, and a command on it ends soon. */
export function adminClient(server: { readonly host: string; readonly port: number }): Redis {
  const redis = new Redis({
    host: server.host,
    port: server.port,
    maxRetriesPerRequest: 1,
    retryStrategy: () => 50,
    commandTimeout: 5_000,
  });
  redis.on("error", () => {});
  return redis;
}

/** One value of what INFO or CLUSTER INFO says. */
export function infoField(info: string, name: string): string | undefined {
  return new RegExp(`^${name}:(\\S+)`, "m").exec(info)?.[1];
}

/** Asks again and again; an error counts as "not yet". */
export async function untilTrue(condition: () => Promise<boolean>, what: string, patience = PATIENCE): Promise<void> {
  let lastError: unknown;
  for (const deadline = performance.now() + patience; performance.now() < deadline; await delay(20)) {
    try {
      if (await condition()) return;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
  }
  throw new Error(`waited ${patience} ms in vain until ${what}`, { cause: lastError });
}
