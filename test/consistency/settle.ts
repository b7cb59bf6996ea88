import { setTimeout as delay } from "node:timers/promises";
import type { Clients } from "./client.js";
import { QUERIES } from "./workload/queries.js";

/** What evercache makes of Prisma's promise. */
export interface ReadWithInfo {
  withCacheInfo(): Promise<{ data: unknown; info: { status: "hit" | "miss" | "bypass"; reason: string | null } }>;
}

const PAUSE = 10;

/**
 * Asks each query until it is a hit, for `patience` milliseconds at most. Where nobody writes any more, a hit must equal
 * what the database says.
 * @returns what did not become so, and when the last one did
 */
export async function settle(
  { plain, cached }: Clients,
  queries: readonly number[],
  patience: number,
  isQuiet: boolean,
): Promise<{ milliseconds: number; problems: string[] }> {
  const problems: string[] = [];
  const start = performance.now();
  await Promise.all(
    queries.map(async (index) => {
      const query = QUERIES[index]!;
      for (;;) {
        const { text, status, reason } = await ask(query.ask(cached) as unknown as ReadWithInfo);
        if (status === "hit") {
          const truth = isQuiet ? await orAbsent(query.ask(plain)) : text;
          if (text !== truth) problems.push(`stuck: ${query.name}: ${text} in the cache, ${truth} in the database`);
          return;
        }
        if (performance.now() - start > patience) {
          problems.push(`uncached: ${query.name} is no hit after ${patience} ms: ${status} (${reason})`);
          return;
        }
        await delay(PAUSE);
      }
    }),
  );
  return { milliseconds: performance.now() - start, problems };
}

async function ask(read: ReadWithInfo): Promise<{ text: string; status: string; reason: string | null }> {
  try {
    const { data, info } = await read.withCacheInfo();
    return { text: JSON.stringify(data), status: info.status, reason: info.reason };
  } catch (error) {
    // "Not found" tells nothing of where it came from.
    if ((error as { code?: unknown }).code === "P2025") return { text: "null", status: "hit", reason: null };
    throw error;
  }
}

async function orAbsent(answer: PromiseLike<unknown>): Promise<string> {
  try {
    return JSON.stringify(await answer);
  } catch (error) {
    if ((error as { code?: unknown }).code === "P2025") return "null";
    throw error;
  }
}
