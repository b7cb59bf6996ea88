import { samplesOf, type Family } from "../family.js";

export const FILLS: readonly Family[] = [
  {
    kind: "counter",
    name: "evercache_fills_total",
    help: "Results that were to be stored, by what became of it",
    labels: ["outcome"],
    samples({ stats }) {
      const { bytes: _, ...outcomes } = stats.fills;
      return samplesOf("outcome", outcomes, { tooLarge: "too-large" });
    },
  },
  {
    kind: "counter",
    name: "evercache_verified_fills_total",
    help: "Stored results that were looked at again. outcome dead: a write came before they were stored, they are never served",
    labels: ["outcome"],
    samples: ({ stats }) => samplesOf("outcome", stats.verifiedFills),
  },
  {
    kind: "histogram",
    name: "evercache_encode_seconds",
    help: "How long results took to be encoded",
    labels: [],
    series: ({ tally }) => [[{}, tally.measured.encode]],
  },
  {
    kind: "histogram",
    name: "evercache_store_seconds",
    help: "How long the store took to take them",
    labels: [],
    series: ({ tally }) => [[{}, tally.measured.store]],
  },
  {
    kind: "histogram",
    name: "evercache_result_bytes",
    help: "Size of the results that were stored",
    labels: [],
    series: ({ tally }) => [[{}, tally.measured.bytes]],
  },
];
