import type { ClusterPhase, ClusterStage } from "../phase.js";

const cluster = (phase: Omit<ClusterPhase, "topology" | "recovery">): ClusterPhase => ({
  ...phase,
  topology: "cluster",
  recovery: 6_000,
});

const SLOTS = 16_384;
const MOVED = 40;

/** What can befall three primaries with a replica each. */
export const CLUSTER_PHASES: readonly ClusterPhase[] = [
  cluster({ name: "none", healthy: 1_000 }),
  cluster({
    name: "writer-killed",
    killsWriters: true,
    healthy: 1_000,
    inject: ({ replaceWorker, random, workers }) => replaceWorker(Math.floor(random() * workers)),
  }),
  cluster({ name: "slots-moved", healthy: 300, inject: moveSlots }),
  cluster({
    name: "failover",
    healthy: 1_500,
    inject: async (stage) => {
      const [replica] = await stage.cluster.replicasOf(await somePrimary(stage));
      await stage.cluster.failover(replica!);
    },
  }),
  cluster({
    name: "primary-killed",
    healthy: 1_500,
    inject: async (stage) => {
      const slot = await hotSlot(stage);
      const primary = await stage.cluster.primaryOf(slot);
      await stage.cluster.kill(primary);
      await stage.cluster.waitUntilFailedOver(slot, primary);
      await stage.cluster.restart(primary);
      await stage.cluster.waitForState();
    },
  }),
  cluster({
    name: "primary-frozen",
    healthy: 1_500,
    inject: async (stage) => {
      const slot = await hotSlot(stage);
      const primary = await stage.cluster.primaryOf(slot);
      await stage.cluster.pause(primary);
      await stage.cluster.waitUntilFailedOver(slot, primary);
      await stage.cluster.resume(primary);
      await stage.cluster.waitForState();
    },
  }),
];

/** The slot of a key that is there: of what the cache has stored, not of anything. */
async function hotSlot({ cluster: servers, random }: ClusterStage): Promise<number> {
  for (;;) {
    const primary = await servers.primaryOf(Math.floor(random() * SLOTS));
    const key = await servers.admin(primary).randomkey();
    if (key !== null) return Number(await servers.admin(primary).call("CLUSTER", ["KEYSLOT", key]));
  }
}

async function somePrimary(stage: ClusterStage): Promise<number> {
  return stage.cluster.primaryOf(await hotSlot(stage));
}

/** A slot with keys, and its neighbours, go to another primary. */
async function moveSlots(stage: ClusterStage): Promise<void> {
  const slot = await hotSlot(stage);
  const from = await stage.cluster.primaryOf(slot);
  let to = from;
  while (to === from) to = await stage.cluster.primaryOf(Math.floor(stage.random() * SLOTS));
  const first = Math.max(0, Math.min(slot - MOVED / 2, SLOTS - MOVED));
  const inOneHand = [];
  for (let each = first; each < first + MOVED; each++) {
    if ((await stage.cluster.primaryOf(each)) === from) inOneHand.push(each);
  }
  for (const each of inOneHand) await stage.cluster.moveSlots(each, each, to);
}
