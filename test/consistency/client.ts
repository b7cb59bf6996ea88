import { PrismaPg } from "@prisma/adapter-pg";
import type { Store } from "@evercache/core";
import { cacheExtension, type CacheEvent, type CacheStats } from "@evercache/prisma";
import { createRedisStore } from "@evercache/redis";
import { Cluster } from "ioredis";
import { PrismaClient } from "./generated/client.js";
import {
  AMBIGUOUS_LEASE,
  DEADLINE,
  LEASE,
  STATEMENT_TIMEOUT,
  WRITE_DEADLINE,
  type Assignment,
  type RedisAddress,
} from "./messages.js";
import type { Db } from "./workload/queries.js";

/** The database with the cache in front of it, and without. */
export interface Clients {
  readonly plain: Db;
  /** Typed as the plain one: queries are written once, for both. */
  readonly cached: Db;
  readonly stats: () => CacheStats;
  readonly onEvent: (listener: (event: CacheEvent) => void) => void;
  readonly close: () => Promise<void>;
}

const CONNECTIONS = 8;
const L1 = { none: false, tracked: true, validated: { mode: "validated" } } as const;

export function openClients(assignment: Assignment): Clients {
  const plain = new PrismaClient({
    adapter: new PrismaPg({
      connectionString: assignment.databaseUrl,
      max: CONNECTIONS,
      application_name: assignment.worker,
      statement_timeout: STATEMENT_TIMEOUT,
    }),
    // Nothing outlives the lease of a writer that died.
    transactionOptions: { timeout: STATEMENT_TIMEOUT, maxWait: STATEMENT_TIMEOUT },
  });
  const { redis, close } = connect(assignment.redis);
  const where =
    assignment.cache === "naive"
      ? { store: tellingNobody(createRedisStore({ redis, namespace: assignment.namespace })) }
      : { redis };
  const cached = plain.$extends(
    cacheExtension({
      ...where,
      namespace: assignment.namespace,
      // Whatever is written, reads go through the cache: that is what is tested.
      defaults: {
        l1: L1[assignment.l1 ?? "none"],
        adaptive: false,
        onWrite: assignment.refills ? "refill" : "drop",
      },
      consistency: assignment.level,
      onUnreachable: assignment.onUnreachable,
      lease: `${LEASE}ms`,
      ambiguousLease: `${AMBIGUOUS_LEASE}ms`,
      deadline: `${DEADLINE}ms`,
      writeDeadline: `${WRITE_DEADLINE}ms`,
    }),
  );
  return {
    plain,
    cached: cached as unknown as Db,
    stats: () => cached.$cache.stats(),
    onEvent: (listener) => void cached.$cache.on("event", listener),
    async close() {
      await cached.$disconnect();
      close();
    },
  };
}

function connect(address: RedisAddress) {
  switch (address.kind) {
    case "standalone":
      return { redis: address.url, close: () => {} };
    case "sentinel":
      return { redis: { sentinels: [...address.sentinels], name: address.name }, close: () => {} };
    case "cluster": {
      const cluster = new Cluster([...address.nodes], { lazyConnect: true });
      cluster.on("error", () => {});
      return { redis: cluster, close: () => cluster.disconnect() };
    }
    default:
      return address satisfies never;
  }
}

/** A cache as it would be without quarantine and release. */
function tellingNobody(store: Store): Store {
  return new Proxy(store, {
    get(target, name) {
      if (name === "quarantine" || name === "release" || name === "rotate") return async () => {};
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? (value as (...args: unknown[]) => unknown).bind(target) : value;
    },
  });
}
