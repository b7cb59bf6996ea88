import type { Family } from "../family.js";
import { samplesOf } from "../family.js";

export const WRITES: readonly Family[] = [
  {
    kind: "counter",
    name: "evercache_invalidations_total",
    help: "Writes and calls that ended results, once for each model they touched. model (tags): tags of the application",
    labels: ["model", "cause"],
    samples: ({ tally }) => tally.invalidations.samples(),
  },
  {
    kind: "counter",
    name: "evercache_quarantines_total",
    help: "Locks that writes asked for before their commit",
    labels: ["outcome"],
    samples: ({ stats: { writes } }) => [
      [{ outcome: "locked" }, writes.quarantined],
      [{ outcome: "refused" }, writes.quarantineRefused],
    ],
  },
  {
    kind: "counter",
    name: "evercache_releases_total",
    help: "Locks that were released after a commit or a rollback",
    labels: ["outcome"],
    samples: ({ stats: { writes } }) =>
      samplesOf("outcome", {
        changed: writes.released,
        unchanged: writes.restored,
        held: writes.held,
        refused: writes.releaseRefused,
      }),
  },
  {
    kind: "histogram",
    name: "evercache_quarantine_seconds",
    help: "How long the store took to lock what a write touches",
    labels: [],
    series: ({ tally }) => [[{}, tally.measured.quarantine]],
  },
  {
    kind: "histogram",
    name: "evercache_release_seconds",
    help: "How long the store took to release it",
    labels: [],
    series: ({ tally }) => [[{}, tally.measured.release]],
  },
];
