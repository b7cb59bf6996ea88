import { READ_OPERATIONS } from "../../packages/prisma/src/client/operation.js";
import { valueOf, type Series } from "../setup/scrape.js";
import type { LoadResult } from "./load.js";

/** The same, counted within and without. */
export interface Comparison {
  readonly what: string;
  readonly metrics: number;
  readonly outside: number;
  /** How far they are apart, as a share of what was counted outside. */
  readonly difference: number;
}

/** `series`: after the load. `below`: what came out below the cache. */
export function compare(series: readonly Series[], below: ReadonlyMap<string, number>, load: LoadResult): Comparison[] {
  const sum = (name: string, labels?: Record<string, string>) => valueOf(series, name, labels) ?? 0;
  const reads = [...below].filter(([name]) => isRead(name));
  const ofModel = (model: string) => total(reads.filter(([name]) => name.startsWith(`${model}.`)));
  const queries = (labels?: Record<string, string>) =>
    sum("evercache_bypasses_total", labels) - sum("evercache_bypasses_total", { ...labels, reason: "joined" });
  const asked = (model: string) => sum("evercache_model_load_seconds_count", { model }) + queries({ model });
  // Of which model these are is not told.
  const verified = sum("evercache_verifications_total");
  const models = [...new Set(reads.map(([name]) => name.split(".")[0]!))].sort();
  return [
    comparison(
      "reads that the HTTP requests make",
      sum("evercache_reads_total") + sum("evercache_bypasses_total"),
      load.reads,
    ),
    comparison(
      "reads that came to the database",
      sum("evercache_load_seconds_count") + queries() + verified,
      total(reads),
    ),
    ...(verified > 0 ? [] : models.map((model) => comparison(`of them ${model}`, asked(model), ofModel(model)))),
    comparison("orders placed", invalidations("Order", "transaction"), load.orders),
    comparison("products made", invalidations("Product", "create"), load.products.created),
    comparison("products changed", invalidations("Product", "update"), load.products.updated),
    comparison("products deleted", invalidations("Product", "delete"), load.products.deleted),
  ];

  function invalidations(model: string, cause: string): number {
    return sum("evercache_invalidations_total", { model, cause });
  }
}

function isRead(name: string): boolean {
  return READ_OPERATIONS.some((operation) => name.endsWith(`.${operation}`));
}

function total(counts: readonly (readonly [string, number])[]): number {
  return counts.reduce((sum, [, count]) => sum + count, 0);
}

function comparison(what: string, metrics: number, outside: number): Comparison {
  return { what, metrics, outside, difference: metrics === outside ? 0 : Math.abs(metrics - outside) / outside };
}
