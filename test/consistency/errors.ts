import type { CallerErrors } from "./messages.js";
import type { WriteOutcome } from "./judge/timeline.js";
import { Rollback } from "./workload/writes.js";

/** Errors after which nothing is written, by Prisma's codes: a unique value twice, no such row, a conflict or deadlock. */
const REFUSALS: ReadonlySet<string> = new Set(["P2002", "P2025", "P2034", "P2017", "P2014"]);
/** Ends that the database or Prisma make of a statement that waits too long: the harness sets those times short. */
const IMPATIENCE = /expired transaction|Transaction already closed|statement timeout|57014|40P01|deadlock detected/;
/** What the driver says of a connection that the database ended. */
const CONNECTION =
  /terminating connection|not queryable|Connection terminated|server closed the connection|57P01|ConnectionClosed|ECONNRESET|P1017/;

/**
 * What an error is called, and what it says of the write. `rolled back`, `refused by the database`, `impatience`,
 * `connection` are the database's own; `refused by the cache` is promised where Redis is away.
 */
export function classify(error: unknown): { name: string; outcome: WriteOutcome } {
  if (error instanceof Rollback) return { name: "rolled back", outcome: "refused" };
  const { code, message = "" } = error as { code?: string; message?: string };
  if (code === "STORE_UNAVAILABLE") return { name: "refused by the cache", outcome: "refused" };
  if (code !== undefined && REFUSALS.has(code)) return { name: "refused by the database", outcome: "refused" };
  const all = `${code} ${message} ${JSON.stringify((error as { meta?: unknown }).meta ?? null)}`;
  if (CONNECTION.test(all)) return { name: "connection", outcome: "unknown" };
  if (IMPATIENCE.test(all)) return { name: "impatience", outcome: "unknown" };
  return { name: `unexpected ${code ?? (error as Error).name}`, outcome: "unknown" };
}

/** Counts errors by name, and keeps the first of each. */
export class CallerErrorLog {
  readonly #counts: Record<string, { count: number; example: string }> = {};

  get counts(): CallerErrors {
    return this.#counts;
  }

  add(name: string, example: string): void {
    const known = (this.#counts[name] ??= { count: 0, example: example.slice(0, 1_000) });
    known.count++;
  }
}
