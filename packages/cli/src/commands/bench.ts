import { randomTokenBits } from "@evercache/core";
import { createRedisStore, type RedisStore } from "@evercache/redis";
import type { Latencies } from "../bench/latencies.js";
import { measure } from "../bench/measure.js";
import { DOES, LARGEST, prepareScratch, STORE_CALLS } from "../bench/store-calls.js";
import { CliError, usageError } from "../cli-error.js";
import type { CommandDefinition } from "../command.js";
import { withNamespace } from "../connection/namespace.js";
import { ExitCode } from "../exit-codes.js";
import { positiveNumber, wholeNumber } from "../options/numbers.js";
import { formatBytes, formatCount, formatDuration } from "../terminal/format.js";

interface BenchOptions {
  readonly seconds: number;
  readonly size: number;
  readonly concurrency: number;
}

type Measured = Record<"ping" | (typeof STORE_CALLS)[number], Latencies>;

/** Milliseconds that the store may take to connect. */
const PATIENCE = 5_000;

export const bench: CommandDefinition<BenchOptions> = {
  name: "bench",
  summary: "measure what the cache's own commands cost from here to your Redis",
  description:
    "Measures round trips to Redis, and what the cache asks of it: reading an entry with its tokens, minting, storing, locking and " +
    "releasing. Under a namespace of its own, which is removed afterwards and lives for a minute at most. It is a load on the server.",
  examples: [
    ["bench --redis redis://localhost:6379", "a few seconds, one call at a time"],
    ["bench --size 20000 --concurrency 32 --seconds 10", "larger results, and many at a time"],
  ],
  configure(command) {
    command.option("--seconds <number>", "for all of it", positiveNumber, 5);
    command.option("--size <bytes>", "of a result", wholeNumber, 1_000);
    command.option("--concurrency <count>", "calls at a time", wholeNumber, 1);
  },
  run: async ({ options, settings, terminal, signal }) => {
    const { seconds, size, concurrency } = options;
    if (size > LARGEST) throw usageError(`--size: write ${LARGEST} or less.`);
    const namespace = `${settings.namespace.slice(0, 32)}-bench-${randomTokenBits()}`;
    return withNamespace({ ...settings, namespace }, async ({ admin, connection }) => {
      const store = createRedisStore({ redis: connection.redis, namespace });
      try {
        await untilReady(store, connection.name);
        const scratch = await prepareScratch(store, size);
        const progress = await terminal.progress("Measuring", STORE_CALLS.length + 1);
        const load = { milliseconds: (seconds * 1000) / (STORE_CALLS.length + 1), concurrency, signal };
        const measured: Partial<Measured> = {};
        try {
          measured.ping = await measure(() => admin.ping(), load);
          for (const [i, name] of STORE_CALLS.entries()) {
            progress.advance(i + 1, `Measuring: ${name}`);
            measured[name] = await measure(scratch.calls[name], load);
          }
        } finally {
          progress.done();
          await scratch.remove();
        }
        const done = measured as Measured;
        const costs = costsOf(done);
        if (terminal.isJson) {
          terminal.printJson({ redis: connection.name, seconds, size, concurrency, calls: done, costs });
          return ExitCode.ok;
        }
        const at = concurrency === 1 ? "one call at a time" : `${concurrency} calls at a time`;
        terminal.print(`${connection.name}, results of ${formatBytes(size)}, ${at}. Milliseconds.\n`);
        terminal.printTable(
          ["", "", "p50", "p99", "max", "per second"],
          (["ping", ...STORE_CALLS] as const).map((name) => {
            const { p50, p99, max, perSecond } = done[name];
            return [name, name === "ping" ? "a round trip" : DOES[name], p50, p99, max, formatCount(perSecond)];
          }),
          [2, 3, 4, 5],
        );
        terminal.print("\nWhat the cache adds to a call of the application, half of the time (p50):");
        terminal.print(`  a hit    ${formatDuration(costs.hit)}, in the place of the database's answer`);
        terminal.print(
          `  a miss   ${formatDuration(costs.miss)}, beside the database's answer; nobody waits while it is stored`,
        );
        terminal.print(`  a write  ${formatDuration(costs.write)}, beside the database's answer`);
        return ExitCode.ok;
      } finally {
        await store.close();
      }
    });
  },
};

/** Milliseconds that the application waits for Redis: p50 of what is done one after the other. */
function costsOf({ read, mint, write }: Measured) {
  const rounded = (time: number): number => Math.round(time * 1000) / 1000;
  return { hit: read.p50, miss: rounded(read.p50 + mint.p50), write: write.p50 };
}

async function untilReady(store: RedisStore, name: string): Promise<void> {
  if (store.status === "ready") return;
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new CliError(`Redis at ${name} does not answer.`, ExitCode.unreachable));
    }, PATIENCE);
    store.onStatus((status) => {
      if (status !== "ready") return;
      clearTimeout(timer);
      resolve();
    });
  });
}
