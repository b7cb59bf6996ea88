import { rmSync } from "node:fs";
import type { StandalonePhase, StandaloneStage } from "../phase.js";

const standalone = (phase: Omit<StandalonePhase, "topology">): StandalonePhase => ({
  ...phase,
  topology: "standalone",
});

/** What can befall one server, its clients, and the database. */
export const STANDALONE_PHASES: readonly StandalonePhase[] = [
  standalone({ name: "none", healthy: 1_000 }),
  standalone({ name: "refill", refills: true, healthy: 1_000 }),
  standalone({
    name: "refill-writer-killed",
    refills: true,
    killsWriters: true,
    healthy: 1_000,
    inject: (stage) => stage.replaceWorker(anyOf(stage, stage.workers)),
  }),
  standalone({
    name: "writer-killed",
    killsWriters: true,
    healthy: 1_000,
    inject: (stage) => stage.replaceWorker(anyOf(stage, stage.workers)),
  }),
  standalone({
    name: "flush",
    healthy: 300,
    mayLoseLocks: true,
    inject: async ({ admin }) => void (await admin.flushall()),
  }),
  standalone({
    name: "eviction-lru",
    healthy: 300,
    mayLoseLocks: true,
    inject: (stage) => evict(stage, "allkeys-lru"),
  }),
  standalone({
    name: "eviction-random",
    healthy: 300,
    mayLoseLocks: true,
    inject: (stage) => evict(stage, "allkeys-random"),
  }),
  standalone({
    name: "client-pause",
    healthy: 1_000,
    recovery: 2_000,
    inject: async (stage) => {
      const time = 100 + anyOf(stage, 900);
      await stage.admin.client("PAUSE", time, "ALL");
      await stage.wait(time);
    },
  }),
  standalone({
    name: "frozen",
    healthy: 1_200,
    recovery: 2_000,
    inject: async (stage) => {
      await stage.redis.pause();
      await stage.wait(50 + anyOf(stage, 1_500));
      await stage.redis.resume();
    },
  }),
  standalone({
    name: "restart-empty",
    mayLoseLocks: true,
    healthy: 1_500,
    recovery: 3_000,
    inject: (stage) => restart(stage, "empty"),
  }),
  standalone({
    name: "restart-dump",
    mayLoseLocks: true,
    healthy: 1_500,
    recovery: 3_000,
    inject: (stage) => restart(stage, "dump"),
  }),
  standalone({
    name: "network",
    healthy: 700,
    recovery: 6_000,
    usesProxy: true,
    inject: disturb,
  }),
  standalone({
    name: "network-proceed",
    healthy: 700,
    recovery: 6_000,
    usesProxy: true,
    onUnreachable: "proceed",
    mayExpose: true,
    inject: disturb,
  }),
  standalone({
    name: "l1",
    l1: true,
    killsWriters: true,
    healthy: 500,
    inject: async (stage) => {
      if (anyOf(stage, 4) === 0) return stage.replaceWorker(anyOf(stage, stage.workers));
      // Those that are told of what others write.
      await stage.admin.call("CLIENT", "KILL", "TYPE", "pubsub");
    },
  }),
  standalone({
    name: "l1-network",
    l1: true,
    healthy: 700,
    recovery: 6_000,
    usesProxy: true,
    inject: disturb,
  }),
  standalone({
    name: "backends-terminated",
    healthy: 300,
    databaseErrors: ["connection"],
    inject: ({ database, workerName, workers, random }) =>
      database.terminate(workerName(Math.floor(random() * workers)), 1 + Math.floor(random() * 4)),
  }),
];

function anyOf({ random }: StandaloneStage, count: number): number {
  return Math.floor(random() * count);
}

/** For a second the server has less memory than it uses, again and again. */
async function evict(stage: StandaloneStage, policy: string): Promise<void> {
  const { admin } = stage;
  await admin.config("SET", "maxmemory-policy", policy);
  for (let i = 0; i < 5; i++) {
    const used = Number(/used_memory:(\d+)/.exec(await admin.info("memory"))?.[1]);
    await admin.config("SET", "maxmemory", used - 10_000 - anyOf(stage, 40_000));
    await stage.wait(200);
  }
  await admin.config("SET", "maxmemory", 0);
}

async function restart(stage: StandaloneStage, data: "empty" | "dump"): Promise<void> {
  const { redis, admin, dump } = stage;
  if (data === "dump") {
    await admin.save();
    await stage.wait(200 + anyOf(stage, 800));
  }
  await redis.kill();
  await stage.wait(anyOf(stage, 300));
  if (data === "empty") rmSync(dump, { force: true });
  await redis.restart();
}

/** One of what networks do to worker 0. */
async function disturb(stage: StandaloneStage): Promise<void> {
  const { proxy } = stage;
  const disturbances = [
    async () => proxy.dropConnections(),
    async () => {
      proxy.delay(20 + anyOf(stage, 300));
      await stage.wait(800);
      proxy.delay(0);
    },
    async () => {
      proxy.freeze();
      await stage.wait(100 + anyOf(stage, 900));
      proxy.thaw();
    },
    async () => {
      await proxy.refuse();
      await stage.wait(100 + anyOf(stage, 500));
      await proxy.accept();
    },
    async () => {
      // Half closed: commands run, and their answers are lost; or the other way round.
      proxy.blackhole(anyOf(stage, 2) === 0 ? "replies" : "requests");
      await stage.wait(100 + anyOf(stage, 900));
      proxy.blackhole(null);
    },
  ];
  await disturbances[anyOf(stage, disturbances.length)]!();
}
