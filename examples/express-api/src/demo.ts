import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startApi } from "./demo/api-process.js";
import { type Measurement, measure } from "./demo/measure.js";
import { createProgress } from "./demo/progress.js";
import { chooseStore } from "./demo/redis.js";
import { table } from "./demo/table.js";
import { seedDatabase } from "./seed/seed.js";
import { SHOP_SIZE } from "./seed/shop.js";

const progress = createProgress(process.stdout);
const interrupted = new AbortController();
const cleanups: (() => Promise<void>)[] = [];

for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => interrupted.abort());

try {
  process.exitCode = await demo();
} catch (error) {
  if (interrupted.signal.aborted) progress.say("Interrupted.");
  else console.error(error);
  process.exitCode = interrupted.signal.aborted ? 130 : 1;
} finally {
  for (const cleanup of cleanups.reverse()) await cleanup().catch(console.error);
}

async function demo(): Promise<number> {
  const folder = await mkdtemp(path.join(tmpdir(), "evercache-demo-"));
  cleanups.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));

  const { products, customers, orders } = SHOP_SIZE;
  progress.update("Filling the shop …");
  const full = path.join(folder, "shop.db");
  await seedDatabase(`file:${full}`);
  progress.say(`Database: SQLite, ${products} products, ${customers} customers, ${orders} orders`);

  const store = await chooseStore();
  cleanups.push(() => store.stop());
  progress.say(`Cache: ${store.reason}`);

  const without = await measured("without", full, { CACHE: "off" });
  const cached = await measured("with", full, {
    CACHE: "on",
    CACHE_NAMESPACE: path.basename(folder),
    REDIS_URL: store.redisUrl ?? "",
  });

  progress.say(`\n${resultTable(without, cached)}\n`);
  return verdictOf([without, cached]);
}

/** Each measurement gets a database file of its own, with the same rows in it. */
async function measured(label: string, full: string, vars: Record<string, string>): Promise<Measurement> {
  interrupted.signal.throwIfAborted();
  const file = path.join(path.dirname(full), `${label}.db`);
  await copyFile(full, file);
  const databaseUrl = `file:${file}`;
  const api = await startApi({ ...vars, DATABASE_URL: databaseUrl });
  cleanups.push(() => api.stop());
  const name = `${label} the cache`;
  const result = await measure({ label: name, api, databaseUrl, progress, signal: interrupted.signal });
  await api.stop();
  progress.say(`Measured ${name}: ${Math.round(result.requestsPerSecond)} requests/s`);
  return result;
}

function resultTable(without: Measurement, cached: Measurement): string {
  const [a, b] = [without, cached];
  return table([
    ["", "without", "with", "factor"],
    [
      "requests/s",
      a.requestsPerSecond.toFixed(0),
      b.requestsPerSecond.toFixed(0),
      factor(b.requestsPerSecond, a.requestsPerSecond),
    ],
    ["p50", milliseconds(a.p50), milliseconds(b.p50), factor(a.p50, b.p50)],
    ["p99", milliseconds(a.p99), milliseconds(b.p99), factor(a.p99, b.p99)],
    [
      "database queries per request",
      a.queriesPerRequest.toFixed(2),
      b.queriesPerRequest.toFixed(2),
      factor(a.queriesPerRequest, b.queriesPerRequest),
    ],
    [
      "processor time per request",
      milliseconds(a.cpuPerRequest),
      milliseconds(b.cpuPerRequest),
      factor(a.cpuPerRequest, b.cpuPerRequest),
    ],
    ["hit ratio", percent(a.hitRatio), percent(b.hitRatio), ""],
    ["failed requests", String(a.verdicts.failed), String(b.verdicts.failed), ""],
    ["answers checked", String(a.verdicts.checked), String(b.verdicts.checked), ""],
    ["stale answers", String(a.verdicts.stale), String(b.verdicts.stale), ""],
  ]);
}

function factor(large: number, small: number): string {
  return `${(large / small).toFixed(1)} ×`;
}

function percent(ratio: number | null): string {
  return ratio === null ? "–" : `${(ratio * 100).toFixed(1)} %`;
}

function milliseconds(value: number): string {
  return `${value.toFixed(1)} ms`;
}

/** 0 where every answer was as it should be. */
function verdictOf(measurements: readonly Measurement[]): number {
  for (const { verdicts } of measurements) for (const example of verdicts.examples) console.error(example);
  return measurements.every(({ verdicts }) => verdicts.stale === 0 && verdicts.failed === 0) ? 0 : 1;
}
