import type { SentinelPhase, SentinelStage } from "../phase.js";

const sentinel = (phase: Omit<SentinelPhase, "topology" | "recovery">): SentinelPhase => ({
  ...phase,
  topology: "sentinel",
  recovery: 6_000,
});

/** What can befall a primary with a replica that sentinels watch. */
export const SENTINEL_PHASES: readonly SentinelPhase[] = [
  sentinel({ name: "none", healthy: 1_000 }),
  sentinel({ name: "writer-killed", killsWriters: true, healthy: 1_000, inject: replaceOne }),
  sentinel({
    name: "failover",
    healthy: 1_500,
    inject: async ({ sentinels }) => {
      await sentinels.failover();
      // The sentinels take some seconds to make a replica of the old primary.
      await sentinels.waitForState();
    },
  }),
  // There and back at once: the old primary is promoted again before anybody made it a replica, and knows nothing of
  // what was written in between.
  sentinel({ name: "failover-and-back", healthy: 1_500, inject: ({ sentinels }) => sentinels.failover() }),
  sentinel({ name: "primary-killed", healthy: 1_500, inject: killAhead }),
  sentinel({ name: "primary-frozen", healthy: 1_500, inject: freeze }),
];

function replaceOne({ replaceWorker, random, workers }: SentinelStage): Promise<void> {
  return replaceWorker(Math.floor(random() * workers));
}

/** The replica that is promoted has not heard of the last writes. */
async function killAhead({ sentinels, wait }: SentinelStage): Promise<void> {
  const primary = await sentinels.primary();
  const replica = 1 - primary;
  await sentinels.pause(replica);
  await wait(300);
  await sentinels.kill(primary);
  await sentinels.resume(replica);
  await sentinels.waitUntilFailedOver(primary);
  await sentinels.restart(primary);
  await sentinels.waitForState();
}

/** The old primary comes back with all that it knew, and for a while takes itself for the primary. */
async function freeze({ sentinels, wait }: SentinelStage): Promise<void> {
  const primary = await sentinels.primary();
  await sentinels.pause(primary);
  await sentinels.waitUntilFailedOver(primary);
  await wait(500);
  await sentinels.resume(primary);
  await sentinels.waitForState();
}
