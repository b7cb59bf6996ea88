import { readFile } from "node:fs/promises";
import path from "node:path";
import { checkSameCache, withApplication, type CacheEvent, type WarmResult } from "../application-cache.js";
import { messageOf, usageError } from "../cli-error.js";
import type { CommandDefinition } from "../command.js";
import { withNamespace } from "../connection/namespace.js";
import { ExitCode } from "../exit-codes.js";
import { positiveNumber, wholeNumber } from "../options/numbers.js";
import { formatCount, formatDuration } from "../terminal/format.js";

interface WarmOptions {
  readonly concurrency?: number;
  readonly perSecond?: number;
}

/** What became of the queries, by the events of the cache. */
interface Outcome {
  /** In the cache before. */
  hits: number;
  stored: number;
  /** Loaded, and not stored. By why. */
  readonly notStored: Record<string, number>;
  /** Past the cache. By why. */
  readonly bypassed: Record<string, number>;
}

export const warm: CommandDefinition<WarmOptions> = {
  name: "warm",
  summary: "run recorded queries, so that their results are in the cache",
  description:
    "Reads a file with what $cache.record() has recorded, as JSON, and runs its queries through the client of --client. " +
    "Nothing but cached reads is run, and all queries are checked before the first one runs.",
  examples: [
    ["warm hot.json --client src/prisma.ts", "all of them, 4 at a time"],
    ["warm hot.json --client src/prisma.ts --concurrency 2 --per-second 50", "with care for the database"],
  ],
  configure(command) {
    command.argument("<file>", "JSON: what JSON.stringify(recording.stop()) wrote");
    command.option("--concurrency <count>", "queries at a time (default 4)", wholeNumber);
    command.option("--per-second <count>", "queries that are begun in a second, at most", positiveNumber);
  },
  async run({ args, options, settings, terminal, signal }) {
    const file = args[0] as string;
    const queries = await readRecording(file, settings.cwd);
    return withNamespace(settings, ({ connection, name }) =>
      withApplication(settings, async (application) => {
        const { cache } = application;
        if (cache.stats().isPaused) throw usageError("the cache is paused: is EVERCACHE_DISABLED set?");
        await checkSameCache(application, settings, connection);
        const outcome: Outcome = { hits: 0, stored: 0, notStored: {}, bypassed: {} };
        const stop = cache.on("event", (event) => count(outcome, event));
        const progress = await terminal.progress("Warming", queries.length);
        const began = performance.now();
        let result: WarmResult;
        try {
          result = await cache.warm(queries, {
            concurrency: options.concurrency ?? 4,
            ...(options.perSecond !== undefined && { perSecond: options.perSecond }),
            signal,
            onProgress: ({ done, failed }) =>
              progress.advance(done, failed > 0 ? `Warming, ${failed} failed` : "Warming"),
          });
        } finally {
          progress.done();
        }
        // What was stored last is still on its way.
        await cache.disconnect();
        stop();
        const milliseconds = Math.round(performance.now() - began);
        // What a policy does not keep, or what was overtaken by a write, is as it should be.
        const isDone = result.failed + sum(outcome.bypassed) + (outcome.notStored["refused"] ?? 0) === 0;
        const errors = result.errors.map(messageOf);
        if (terminal.isJson) {
          const { done, failed } = result;
          terminal.printJson({
            redis: connection.name,
            namespace: settings.namespace,
            done,
            failed,
            ...outcome,
            milliseconds,
            errors,
          });
        } else {
          const parts = [
            `${formatCount(outcome.stored)} stored`,
            `${formatCount(outcome.hits)} were there`,
            ...Object.entries(outcome.notStored).map(([why, times]) => `${formatCount(times)} not stored (${why})`),
            ...Object.entries(outcome.bypassed).map(([why, times]) => `${formatCount(times)} past the cache (${why})`),
            `${formatCount(result.failed)} failed`,
          ];
          const took = formatDuration(milliseconds);
          terminal.print(`${formatCount(result.done)} queries in ${took}, in ${name}: ${parts.join(", ")}.`);
          for (const error of errors) terminal.note(`  ${error}`);
        }
        return isDone ? ExitCode.ok : ExitCode.failed;
      }),
    );
  },
};

async function readRecording(file: string, cwd: string): Promise<readonly unknown[]> {
  let recording: unknown;
  try {
    recording = JSON.parse(await readFile(path.resolve(cwd, file), "utf8"));
  } catch (error) {
    throw usageError(`${file} cannot be read: ${messageOf(error)}`, error);
  }
  if (Array.isArray(recording)) return recording as readonly unknown[];
  throw usageError(`${file} is no recording: it has to be an array, as JSON.stringify(recording.stop()) writes it.`);
}

function count(outcome: Outcome, { type, outcome: became = "", reason = "" }: CacheEvent): void {
  if (type === "hit") outcome.hits += 1;
  else if (type === "fill" && became === "stored") outcome.stored += 1;
  else if (type === "fill") outcome.notStored[became] = (outcome.notStored[became] ?? 0) + 1;
  else if (type === "bypass") outcome.bypassed[reason] = (outcome.bypassed[reason] ?? 0) + 1;
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, times) => total + times, 0);
}
