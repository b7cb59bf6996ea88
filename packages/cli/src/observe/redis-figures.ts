import type { Cluster, Redis } from "ioredis";
import { Info } from "../connection/info.js";

/** What Redis says of itself; of a Cluster, of all primaries together. Counts since its servers started. */
export interface RedisFigures {
  readonly version: string;
  readonly servers: number;
  readonly usedMemory: number;
  /** 0: unbounded. */
  readonly maxMemory: number;
  readonly policy: string;
  readonly evicted: number;
  readonly hits: number;
  readonly misses: number;
  readonly opsPerSecond: number;
  readonly clients: number;
}

/** Asks each primary. Connects again where the connection has ended. */
export async function askRedis(redis: Redis | Cluster): Promise<RedisFigures> {
  if (redis.status === "end") await redis.connect();
  const servers = "nodes" in redis ? redis.nodes("master") : [redis];
  return combine(await Promise.all(servers.map(async (server) => readFigures(await server.info()))));
}

/** Of the answer to INFO. What the server does not tell counts as 0. */
export function readFigures(answer: string): RedisFigures {
  const info = new Info(answer);
  const text = (name: string) => info.text(name) ?? "";
  const number = (name: string) => info.number(name) ?? 0;
  return {
    version: text("valkey_version") ? `Valkey ${text("valkey_version")}` : `Redis ${text("redis_version")}`,
    servers: 1,
    usedMemory: number("used_memory"),
    maxMemory: number("maxmemory"),
    policy: text("maxmemory_policy"),
    evicted: number("evicted_keys"),
    hits: number("keyspace_hits"),
    misses: number("keyspace_misses"),
    opsPerSecond: number("instantaneous_ops_per_sec"),
    clients: number("connected_clients"),
  };
}

export function combine(figures: readonly RedisFigures[]): RedisFigures {
  const [first] = figures;
  if (!first) throw new Error("the cluster has no primary");
  const sum = (name: Exclude<keyof RedisFigures, "version" | "policy">) =>
    figures.reduce((total, figure) => total + figure[name], 0);
  return {
    version: first.version,
    policy: first.policy,
    servers: figures.length,
    usedMemory: sum("usedMemory"),
    maxMemory: figures.every(({ maxMemory }) => maxMemory > 0) ? sum("maxMemory") : 0,
    evicted: sum("evicted"),
    hits: sum("hits"),
    misses: sum("misses"),
    opsPerSecond: sum("opsPerSecond"),
    clients: sum("clients"),
  };
}
