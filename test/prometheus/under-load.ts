import type { Series } from "../setup/scrape.js";
import { startRedis } from "../setup/redis.js";
import { compare, type Comparison } from "./agreement.js";
import { panelQueries, readDashboard } from "./dashboard.js";
import { runLoad, type LoadResult } from "./load.js";
import { startPrometheus } from "./server.js";
import { startShop } from "./shop.js";

export interface UnderLoad {
  readonly load: LoadResult;
  readonly series: readonly Series[];
  readonly comparisons: readonly Comparison[];
  /** What a Prometheus said that scraped meanwhile; null where there is none on PATH. */
  readonly prometheus: Evaluated | null;
}

export interface Evaluated {
  /** How many series each query of a panel has. */
  readonly panels: readonly { readonly panel: string; readonly expression: string; readonly series: number }[];
  readonly rules: readonly { readonly name: string; readonly health: string; readonly state: string }[];
}

const CONNECTIONS = 16;

/** The example's API under load, and whatever can be said of its metrics afterwards. `verify`: as of the cache. */
export async function underLoad(milliseconds: number, verify: number): Promise<UnderLoad> {
  const redis = await startRedis(["--maxmemory", "256mb"]);
  const shop = await startShop(redis, verify);
  const prometheus = await startPrometheus(new URL(shop.url).host);
  try {
    const load = await runLoad(shop.url, CONNECTIONS, milliseconds);
    await shop.quiet();
    const series = await shop.scrape();
    const comparisons = compare(series, shop.below, load);
    if (!prometheus) return { load, series, comparisons, prometheus };
    const seconds = Math.ceil(milliseconds / 1000);
    const panels = [];
    for (const { panel, expression } of panelQueries(readDashboard(), `${Math.min(seconds, 60)}s`)) {
      panels.push({ panel, expression, series: await prometheus.seriesOf(expression, seconds) });
    }
    return { load, series, comparisons, prometheus: { panels, rules: await prometheus.rules() } };
  } finally {
    await prometheus?.stop();
    await shop.stop();
    await redis.stop();
  }
}
