import path from "node:path";
import { createFaultProxy, type FaultProxy } from "@evercache/testing";
import type { Redis } from "ioredis";
import { scratchFolder } from "../setup/child-server.js";
import { adminClient } from "../setup/redis-admin.js";
import { startRedisCluster, type RedisCluster } from "../setup/redis-cluster.js";
import { startRedisSentinels, type RedisSentinels } from "../setup/redis-sentinel.js";
import { startRedis, type RedisServer } from "../setup/redis.js";
import type { RedisAddress } from "./messages.js";
import type { Topology } from "./phase.js";

interface Common {
  /** The way of most workers. */
  readonly address: RedisAddress;
  /** Nothing stored, nothing strange set. */
  reset(): Promise<void>;
  stop(): Promise<void>;
}

export interface StandaloneServers extends Common {
  readonly topology: "standalone";
  readonly redis: RedisServer;
  readonly admin: Redis;
  readonly proxy: FaultProxy;
  readonly proxied: RedisAddress;
  readonly dump: string;
}

export interface SentinelServers extends Common {
  readonly topology: "sentinel";
  readonly sentinels: RedisSentinels;
}

export interface ClusterServers extends Common {
  readonly topology: "cluster";
  readonly cluster: RedisCluster;
}

export type Servers = StandaloneServers | SentinelServers | ClusterServers;

export function startServers(topology: Topology): Promise<Servers> {
  switch (topology) {
    case "standalone":
      return startStandalone();
    case "sentinel":
      return startSentinel();
    case "cluster":
      return startCluster();
    default:
      return topology satisfies never;
  }
}

async function startStandalone(): Promise<StandaloneServers> {
  const { folder, remove } = scratchFolder("consistency-redis");
  const redis = await startRedis(["--dir", folder]);
  const proxy = await createFaultProxy({ target: { port: redis.port } });
  const admin = adminClient(redis);
  return {
    topology: "standalone",
    redis,
    admin,
    proxy,
    dump: path.join(folder, "dump.rdb"),
    address: { kind: "standalone", url: redis.url },
    proxied: { kind: "standalone", url: `redis://127.0.0.1:${proxy.port}` },
    async reset() {
      await admin.config("SET", "maxmemory", 0);
      await admin.flushall();
    },
    async stop() {
      admin.disconnect();
      await proxy.close();
      await redis.stop();
      remove();
    },
  };
}

async function startSentinel(): Promise<SentinelServers> {
  const sentinels = await startRedisSentinels();
  return {
    topology: "sentinel",
    sentinels,
    address: { kind: "sentinel", ...sentinels.options },
    reset: async () => void (await sentinels.admin(await sentinels.primary()).flushall()),
    stop: () => sentinels.stop(),
  };
}

async function startCluster(): Promise<ClusterServers> {
  const cluster = await startRedisCluster({ primaries: 3, replicas: 1 });
  return {
    topology: "cluster",
    cluster,
    address: { kind: "cluster", nodes: cluster.startupNodes },
    async reset() {
      await Promise.all(
        // A replica refuses; its primary tells it.
        cluster.nodes.map((_, index) =>
          cluster
            .admin(index)
            .flushall()
            .catch(() => {}),
        ),
      );
    },
    stop: () => cluster.stop(),
  };
}
