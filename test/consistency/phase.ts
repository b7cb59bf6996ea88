import type { FaultProxy } from "@evercache/testing";
import type { Redis } from "ioredis";
import type { RedisCluster } from "../setup/redis-cluster.js";
import type { RedisSentinels } from "../setup/redis-sentinel.js";
import type { RedisServer } from "../setup/redis.js";
import type { Database } from "./database.js";
import type { OnUnreachable } from "./messages.js";

export type Topology = "standalone" | "sentinel" | "cluster";

interface CommonStage {
  readonly database: Database;
  readonly random: () => number;
  readonly workers: number;
  /** The name under which the database knows the worker now. */
  readonly workerName: (index: number) => string;
  /**
   * Kills a worker and starts another. What the dead one had locked must be cached again within its lease and a second:
   * each query is asked by another worker until it is a hit.
   */
  readonly replaceWorker: (index: number) => Promise<void>;
  /** For what a fault waits for. Ends early when the phase is over. */
  readonly wait: (milliseconds: number) => Promise<void>;
}

export interface StandaloneStage extends CommonStage {
  readonly redis: RedisServer;
  readonly admin: Redis;
  /** Between worker 0 and Redis, in phases that ask for it. */
  readonly proxy: FaultProxy;
  /** Where the server keeps a dump. */
  readonly dump: string;
}

export interface SentinelStage extends CommonStage {
  readonly sentinels: RedisSentinels;
}

export interface ClusterStage extends CommonStage {
  readonly cluster: RedisCluster;
}

interface Common {
  readonly name: string;
  /** Default "reject": then not even an outage may make anything stale. */
  readonly onUnreachable?: OnUnreachable;
  /**
   * Whether the writer of a stale row may have failed to tell the cache, as the documents say of this fault. By default
   * that is a violation like any other.
   */
  readonly mayExpose?: boolean;
  /** Whether workers have results in memory: those of even number are told of what others write, the others validate. */
  readonly l1?: boolean;
  /** Whether writes leave their rows in the cache, but for `eventual`. */
  readonly refills?: boolean;
  /**
   * Whether Redis may forget a lock while its write is under way. Then, at any level, somebody may go back to the old value
   * until the write is acknowledged.
   */
  readonly mayLoseLocks?: boolean;
  /** Whether writers die. At `eventual` what they wrote last may be hidden until the ttl. */
  readonly killsWriters?: boolean;
  /** Errors of the database's own making that callers meet here, by the names of errors.ts. */
  readonly databaseErrors?: readonly string[];
  /** Milliseconds that the connections of the workers may need, after the fault, to be there again. */
  readonly recovery?: number;
  /** Milliseconds without a fault, between two. */
  readonly healthy: number;
}

type For<T extends Topology, Stage> = Common & {
  readonly topology: T;
  /** Only worker 0 goes through the proxy. */
  readonly usesProxy?: boolean;
  /** One fault, which is over when this resolves. */
  readonly inject?: (stage: Stage) => Promise<void>;
};

export type StandalonePhase = For<"standalone", StandaloneStage>;
export type SentinelPhase = For<"sentinel", SentinelStage>;
export type ClusterPhase = For<"cluster", ClusterStage>;
export type Phase = StandalonePhase | SentinelPhase | ClusterPhase;
