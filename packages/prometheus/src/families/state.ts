import type { Family } from "../family.js";

export const STATE: readonly Family[] = [
  {
    kind: "gauge",
    name: "evercache_l1_entries",
    help: "Results in this process's memory, in front of the store",
    labels: [],
    samples: ({ stats }) => [[{}, stats.l1.entries]],
  },
  {
    kind: "gauge",
    name: "evercache_l1_bytes",
    help: "What these take, as it is estimated",
    labels: [],
    samples: ({ stats }) => [[{}, stats.l1.bytes]],
  },
  {
    kind: "flag",
    name: "evercache_breaker_open",
    help: "1: the store failed again and again, and is not asked for the moment",
    labels: [],
    samples: ({ stats }) => [[{}, stats.breaker.state === "open" ? 1 : 0]],
  },
  {
    kind: "counter",
    name: "evercache_breaker_opened_total",
    help: "How often that began",
    labels: [],
    samples: ({ stats }) => [[{}, stats.breaker.opened]],
  },
  {
    kind: "gauge",
    name: "evercache_recovery_pending",
    help: "Tags whose release this process owes the store. While above 0, it serves nothing from the cache",
    labels: [],
    samples: ({ stats }) => [[{}, stats.recovering]],
  },
  {
    kind: "flag",
    name: "evercache_paused",
    help: "1: reads go past the cache, by $cache.pause()",
    labels: [],
    samples: ({ stats }) => [[{}, stats.isPaused ? 1 : 0]],
  },
  {
    kind: "gauge",
    name: "evercache_adaptive_off",
    help: "Kinds of reads that are not cached for the moment, since writes drop more of their results than are hit",
    labels: [],
    samples: ({ stats }) => [[{}, stats.adaptive.off.length]],
  },
  {
    kind: "counter",
    name: "evercache_warnings_total",
    help: "Warnings by code",
    labels: ["code"],
    samples: ({ tally }) => [...tally.warnings].map(([code, count]) => [{ code }, count] as const),
  },
];
