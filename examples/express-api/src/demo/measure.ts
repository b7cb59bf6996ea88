import { setTimeout as delay } from "node:timers/promises";
import { seededRandom } from "../random.js";
import { SHOP_SIZE } from "../seed/shop.js";
import type { ServerReport } from "../server-messages.js";
import type { ApiProcess } from "./api-process.js";
import { compareAtRest } from "./at-rest.js";
import { runChecker } from "./checker.js";
import { Ledger } from "./ledger.js";
import { type LoadResult, runLoad } from "./load.js";
import type { Progress } from "./progress.js";
import { createTraffic } from "./traffic.js";
import { Verdicts } from "./verdicts.js";

export interface Measurement extends LoadResult {
  queriesPerRequest: number;
  /** Milliseconds of the API's processor time. */
  cpuPerRequest: number;
  /** Of the reads that looked into the cache; `null` without one. */
  hitRatio: number | null;
  verdicts: Verdicts;
}

export interface MeasureOptions {
  label: string;
  api: ApiProcess;
  databaseUrl: string;
  progress: Progress;
  signal: AbortSignal;
}

const CONNECTIONS = 32;
const WARM_UP_SECONDS = 7;
const SECONDS = 9;
const CHECK_SECONDS = 3;
const CHECKERS = 4;
const PATHS_AT_REST = 400;
const AT_REST_MS = 4_000;
const QUIET_MS = 200;
const QUIET_ATTEMPTS = 50;
const SEED = 7;

/**
 * Load, whose answers are compared with what was acknowledged: this is what is measured. Then the same load with
 * checkers, whose many writes would make it another load. Then, at rest, a comparison with the database.
 */
export async function measure(options: MeasureOptions): Promise<Measurement> {
  const { label, api, databaseUrl, progress, signal } = options;
  const ledger = new Ledger();
  const verdicts = new Verdicts();
  const traffic = createTraffic(seededRandom(SEED), SHOP_SIZE, ledger, verdicts);

  const load = (seconds: number, phase: string, next = traffic.next) => {
    let elapsed = 0;
    const onSecond = (rate: number) => {
      elapsed += 1;
      const answers = `${verdicts.checked} answers checked, ${verdicts.stale} stale`;
      progress.update(`${label}, ${phase}: ${elapsed} of ${seconds} s, ${rate} requests/s, ${answers}`);
    };
    return runLoad({ url: api.url, connections: CONNECTIONS, seconds, next, signal, onSecond });
  };

  await load(WARM_UP_SECONDS, "warming up", traffic.nextOfWarmUp);
  const before = await api.report();
  const result = await load(SECONDS, "under load");
  const after = await api.report();

  const checked = new AbortController();
  const checkers = Array.from({ length: CHECKERS }, (_, index) =>
    runChecker({
      url: api.url,
      name: String.fromCharCode(97 + index),
      customerId: SHOP_SIZE.customers - index,
      ledger,
      verdicts,
      signal: AbortSignal.any([signal, checked.signal]),
    }),
  );
  try {
    await load(CHECK_SECONDS, "under load and checked");
  } finally {
    checked.abort();
    await Promise.all(checkers);
  }

  await quiet(api);
  progress.update(`${label}: comparing with the database`);
  const paths = traffic.pathsRead().slice(-PATHS_AT_REST).reverse();
  await compareAtRest({ url: api.url, databaseUrl, paths, verdicts, patienceMs: AT_REST_MS });
  verdicts.failed += result.errors;
  return { ...result, ...between(before, after), verdicts };
}

/** Resolves when the requests that the end of the load cut off have come to their own end. */
async function quiet(api: ApiProcess): Promise<void> {
  for (let queries = -1, attempt = 0; attempt < QUIET_ATTEMPTS; attempt += 1) {
    const report = await api.report();
    if (report.queries === queries) return;
    queries = report.queries;
    await delay(QUIET_MS);
  }
}

function between(
  before: ServerReport,
  after: ServerReport,
): Pick<Measurement, "queriesPerRequest" | "cpuPerRequest" | "hitRatio"> {
  const requests = after.requests - before.requests;
  const queriesPerRequest = (after.queries - before.queries) / requests;
  const cpuPerRequest = (after.cpu - before.cpu) / requests;
  if (!before.cache || !after.cache) return { queriesPerRequest, cpuPerRequest, hitRatio: null };
  const hits = after.cache.hit - before.cache.hit;
  const misses = after.cache.miss - before.cache.miss;
  const bypasses = after.cache.bypass - before.cache.bypass;
  return { queriesPerRequest, cpuPerRequest, hitRatio: hits / Math.max(1, hits + misses + bypasses) };
}
