import { fork } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { percentile, report, rounded } from "./figures.js";
import { clock, type Job, type Sight } from "./staleness/reader.js";
import { onWorkbench, ROWS, withCache, type Client } from "./workbench.js";

/*
 * Results in the memory of one process (l1: true), written by another: how long after a write was acknowledged may they
 * still be seen? One process writes a row and notes when that was acknowledged; another reads it as fast as it can, and
 * notes when the last read began that saw the value before. Nothing is stale where that was before the acknowledgement.
 */
const WRITES = 3000;
const WARM_UP = 100;

await onWorkbench(async ({ database, redis }) => {
  const rows = [];
  for (const [what, load] of [
    ["quiet", { others: 0, writers: 0 }],
    ["under load", { others: 8, writers: 4 }],
  ] as const) {
    const { prisma, database: where } = database;
    const cached = withCache(prisma, redis.url, { defaults: { ttl: "1h", l1: true } });
    const { provider, url } = where;
    const reader = startReader({ database: { provider, url }, redis: redis.url, others: load.others });
    const stop = new AbortController();
    const writers = Array.from({ length: load.writers }, () => writeOthers(cached, stop.signal));
    await measure(cached, reader, `${what}, warm-up`, WARM_UP);
    const { lags, inMemory } = await measure(cached, reader, what, WRITES);
    stop.abort();
    await Promise.all(writers);
    reader.end();
    await cached.$cache.disconnect();

    const stale = lags.filter((lag) => lag > 0).length;
    const after = lags.map((lag) => Math.max(0, lag));
    rows.push({
      what,
      writes: lags.length,
      "old value from memory": inMemory,
      "seen after ack": stale,
      "stale p50 ms": rounded(percentile(after, 0.5), 3),
      "stale p99 ms": rounded(percentile(after, 0.99), 3),
      "stale p99.9 ms": rounded(percentile(after, 0.999), 3),
      "stale max ms": rounded(Math.max(...after), 3),
      // Below 0: so long before the acknowledgement the old value was seen for the last time.
      "last seen p50 ms": rounded(percentile(lags, 0.5), 3),
    });
  }
  report("staleness", rows);
});

/** Writes, each when the one before has been seen. How long after each acknowledgement the old value was seen. */
async function measure(
  cached: ReturnType<typeof withCache>,
  reader: ReturnType<typeof startReader>,
  what: string,
  writes: number,
): Promise<{ lags: number[]; inMemory: number }> {
  const lags: number[] = [];
  let inMemory = 0;
  for (let i = 0; i < writes; i++) {
    const name = `${what} ${i}`;
    const seeing = reader.sees(name);
    await cached.user.update({ where: { id: 1 }, data: { name } });
    const acknowledged = clock();
    const { lastOld, wasInMemory } = await seeing;
    lags.push(lastOld - acknowledged);
    if (wasInMemory) inMemory++;
    // The reader has it in memory again by then, as it would between two writes of an application.
    await delay(3);
  }
  return { lags, inMemory };
}

async function writeOthers(cached: Client, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    const id = 2 + Math.floor(Math.random() * (ROWS - 1));
    await cached.user.update({ where: { id }, data: { name: String(Math.random()) } });
  }
}

function startReader(job: Job) {
  const child = fork(fileURLToPath(new URL("staleness/reader.ts", import.meta.url)));
  const waiting = new Map<string, (sight: Sight) => void>();
  child.on("message", (message) => {
    const sight = message as Sight;
    waiting.get(sight.name)?.(sight);
    waiting.delete(sight.name);
  });
  child.send(job);
  return {
    sees: (name: string) => new Promise<Sight>((resolve) => waiting.set(name, resolve)),
    end: () => void child.kill(),
  };
}
