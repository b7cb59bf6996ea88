import { percentile, report, rounded } from "./figures.js";
import { onWorkbench, ROWS, type Client } from "./workbench.js";

/*
 * Redis is stopped by SIGSTOP under load: it keeps its connections and never answers. What do reads cost then, beside
 * reads that never had a cache? After SIGCONT, is anything stale that was written meanwhile?
 */
const READERS = 16;
const SECOND = 1000;

interface Load {
  readonly times: number[];
  errors: number;
  stale: number;
}

/** The highest version of each row whose write was acknowledged. */
const acknowledged = new Map<number, number>();
let version = 0;

await onWorkbench(async ({ cached, database, redis }) => {
  const { prisma: plain } = database;
  await during(plain, 2 * SECOND); // warm
  const withoutCache = await during(plain, 5 * SECOND);
  await during(cached, 3 * SECOND); // fill
  const before = await during(cached, 3 * SECOND);

  await redis.pause();
  const first = await during(cached, SECOND);
  const later = await during(cached, 4 * SECOND);
  await redis.resume();
  const back = await during(cached, SECOND);
  const after = await during(cached, 3 * SECOND);

  const row = (what: string, { times, errors, stale }: Load) => ({
    what,
    reads: times.length,
    "p50 ms": rounded(percentile(times, 0.5)),
    "p99 ms": rounded(percentile(times, 0.99)),
    "max ms": rounded(Math.max(...times)),
    errors,
    stale,
  });
  report("frozen-redis", [
    row("no cache", withoutCache),
    row("cache", before),
    row("frozen, first second", first),
    row("frozen, after that", later),
    row("resumed, first second", back),
    row("resumed, after that", after),
  ]);
  const p99 = (load: Load) => percentile(load.times, 0.99);
  console.log(
    `p99 beyond the database's: ${rounded(p99(first) - p99(withoutCache))} ms in the first second (at most 60), ` +
      `${rounded(p99(later) - p99(withoutCache))} ms after it (at most 5)`,
  );
  console.log(JSON.stringify(cached.$cache.stats()));
});

/** Reads without a pause, and fifty writes a second, for `milliseconds`. */
async function during(client: Client, milliseconds: number): Promise<Load> {
  const load: Load = { times: [], errors: 0, stale: 0 };
  const until = performance.now() + milliseconds;
  const readers = Array.from({ length: READERS }, async () => {
    while (performance.now() < until) await readOne(client, load);
  });
  await Promise.all([...readers, writeOften(client, until, load)]);
  return load;
}

async function readOne(client: Client, load: Load): Promise<void> {
  const id = 1 + Math.floor(Math.random() * ROWS * Math.random());
  const floor = acknowledged.get(id) ?? 0;
  const began = performance.now();
  try {
    const row = await client.user.findUniqueOrThrow({ where: { id } });
    if (Number(row.name) < floor) load.stale++;
  } catch {
    load.errors++;
  }
  load.times.push(performance.now() - began);
}

async function writeOften(client: Client, until: number, load: Load): Promise<void> {
  while (performance.now() < until) {
    const id = 1 + Math.floor(Math.random() * ROWS * Math.random());
    const next = ++version;
    try {
      await client.user.update({ where: { id }, data: { name: String(next) } });
      acknowledged.set(id, next);
    } catch {
      load.errors++;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
