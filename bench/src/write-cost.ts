import { Redis } from "ioredis";
import { median, percentile, report, rounded } from "./figures.js";
import { onWorkbench, ROWS, type Client } from "./workbench.js";

/*
 * What a write costs, with Redis empty and with Redis full of keys that have nothing to do with it. The rounds alternate,
 * so that a machine which gets slower does so for both.
 */
const FOREIGN_KEYS = 200_000;
const ROUNDS = 7;
const WRITES_PER_ROUND = 1500;
const WARM_UP = 1000;

await onWorkbench(async ({ cached, redis, database }) => {
  const admin = new Redis(redis.url);
  const empty: number[][] = [];
  const full: number[][] = [];
  const plain: number[][] = [];
  await writes(cached, WARM_UP);
  for (let round = 0; round < ROUNDS; round++) {
    await admin.flushall();
    empty.push(await writes(cached, WRITES_PER_ROUND));
    await populate(admin);
    full.push(await writes(cached, WRITES_PER_ROUND));
    plain.push(await writes(database.prisma, WRITES_PER_ROUND));
    process.stderr.write(`round ${round + 1} of ${ROUNDS}\n`);
  }
  const commands = await commandsPerWrite(admin, cached);
  admin.disconnect();

  const row = (what: string, rounds: number[][]) => ({
    what,
    "p50 ms": rounded(median(rounds.map(median)), 3),
    "p99 ms": rounded(median(rounds.map((round) => percentile(round, 0.99))), 3),
    "mean ms": rounded(median(rounds.map((round) => round.reduce((sum, ms) => sum + ms, 0) / round.length)), 3),
  });
  const rows = [
    row("no cache", plain),
    row("cache, Redis empty", empty),
    row(`cache, ${FOREIGN_KEYS} foreign keys`, full),
  ];
  report("write-cost", rows);
  const difference = rows[2]!["p50 ms"] / rows[1]!["p50 ms"] - 1;
  console.log(`difference of the medians: ${rounded(difference * 100, 1)} %, Redis commands per write: ${commands}`);
});

/** The milliseconds of each of `count` updates, one after the other. */
async function writes(client: Client, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const began = performance.now();
    await client.user.update({ where: { id: (i % ROWS) + 1 }, data: { name: String(i) } });
    times.push(performance.now() - began);
  }
  return times;
}

async function populate(admin: Redis): Promise<void> {
  for (let at = 0; at < FOREIGN_KEYS; at += 5000) {
    const pairs: string[] = [];
    for (let i = at; i < at + 5000; i++) pairs.push(`foreign:${i}`, "x".repeat(100));
    await admin.mset(...pairs);
  }
}

async function commandsPerWrite(admin: Redis, cached: Client): Promise<string> {
  await admin.config("RESETSTAT");
  await writes(cached, 100);
  const stats = await admin.info("commandstats");
  return [...stats.matchAll(/cmdstat_(\S+?):calls=(\d+)/g)]
    .filter(([, name]) => !["info", "config|resetstat"].includes(name!))
    .map(([, name, calls]) => `${name} ${Number(calls) / 100}`)
    .join(", ");
}
