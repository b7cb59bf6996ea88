import type { CacheStats } from "@evercache/core";
import type { Family, Sample } from "../family.js";
import { samplesOf } from "../family.js";
import { operationOf } from "../grouping.js";
import type { Source } from "../source.js";

type Models = CacheStats["models"];

export const READS: readonly Family[] = [
  {
    kind: "counter",
    name: "evercache_reads_total",
    help: "Reads that looked into the cache. result: l1, the tier of the store (redis, memory), stale, miss",
    labels: ["model", "operation", "result"],
    samples: readsOf,
  },
  {
    kind: "counter",
    name: "evercache_misses_total",
    help: "Reads that found nothing they could use, by reason. model (all): conditions of the whole store",
    labels: ["model", "reason"],
    samples: ({ tally }) => tally.misses.samples(),
  },
  {
    kind: "counter",
    name: "evercache_bypasses_total",
    help: "Reads that went past the cache, by reason. model (all): conditions of the whole cache",
    labels: ["model", "reason"],
    samples: ({ tally }) => tally.bypasses.samples(),
  },
  {
    kind: "counter",
    name: "evercache_saved_seconds_total",
    help: "What the queries had taken whose results were served from the cache",
    labels: ["model"],
    samples: ({ stats }) =>
      Object.entries(stats.models).map(([model, each]): Sample => [{ model }, savedSeconds(each)]),
  },
  {
    kind: "histogram",
    name: "evercache_lookup_seconds",
    help: "How long readers waited for the cache, process memory apart: a hit for its result, a miss to hear that there is none",
    labels: [],
    series: ({ tally }) => [[{}, tally.measured.lookup]],
  },
  {
    kind: "histogram",
    name: "evercache_decode_seconds",
    help: "How long results took to be made of their bytes",
    labels: [],
    series: ({ tally }) => [[{}, tally.measured.decode]],
  },
  {
    kind: "histogram",
    name: "evercache_load_seconds",
    help: "How long the queries took that misses and refreshes sent to the database",
    labels: [],
    series: ({ tally }) => [[{}, tally.measured.load]],
  },
  {
    kind: "histogram",
    name: "evercache_model_load_seconds",
    help: "The same by model, with fewer buckets",
    labels: ["model"],
    series: ({ tally }) => [...tally.modelLoads].map(([model, buckets]) => [{ model }, buckets] as const),
  },
  {
    kind: "counter",
    name: "evercache_failed_loads_total",
    help: "Of these queries, those that the database answered with an error",
    labels: [],
    samples: ({ stats }) => [[{}, stats.loads.failed]],
  },
  {
    kind: "counter",
    name: "evercache_joins_total",
    help: "Misses that waited for the query which another reader of this process had sent",
    labels: [],
    samples: ({ stats }) => [[{}, stats.reads.joined]],
  },
  {
    kind: "counter",
    name: "evercache_waits_total",
    help: "Readers that waited for another process to load",
    labels: ["outcome"],
    samples: ({ stats }) => samplesOf("outcome", stats.waits, { notStored: "not-stored", timedOut: "timed-out" }),
  },
  {
    kind: "counter",
    name: "evercache_refreshes_total",
    help: "Results loaded anew in the background",
    labels: ["outcome"],
    samples: ({ stats }) => samplesOf("outcome", stats.refreshes, { notStored: "not-stored" }),
  },
  {
    kind: "counter",
    name: "evercache_verifications_total",
    help: "Hits that were compared with the database. outcome violation: a value that was not true any more",
    labels: ["outcome"],
    samples: ({ stats }) => samplesOf("outcome", stats.verified),
  },
];

interface Reads {
  l1: number;
  stored: number;
  stale: number;
  miss: number;
}

/** All results of an operation, those that have not come about too: a ratio needs both of its sides. */
function readsOf({ stats, tally }: Source): Sample[] {
  return Object.entries(stats.models).flatMap(([model, operations]) =>
    [...byOperation(operations)].flatMap(([operation, { l1, stored, stale, miss }]): Sample[] => {
      const results = { l1, ...(tally.tier !== undefined && { [tally.tier]: stored }), stale, miss };
      return Object.entries(results).map(([result, count]) => [{ model, operation, result }, count]);
    }),
  );
}

function byOperation(operations: Models[string]): Map<string, Reads> {
  const merged = new Map<string, Reads>();
  for (const [name, { hit, l1Hit, stale, miss }] of Object.entries(operations)) {
    const operation = operationOf(name);
    const reads = merged.get(operation) ?? { l1: 0, stored: 0, stale: 0, miss: 0 };
    reads.l1 += l1Hit;
    reads.stored += hit - l1Hit;
    reads.stale += stale;
    reads.miss += miss;
    merged.set(operation, reads);
  }
  return merged;
}

function savedSeconds(operations: Models[string]): number {
  return Object.values(operations).reduce((sum, { savedMilliseconds }) => sum + savedMilliseconds, 0) / 1000;
}
