import { EvercacheError, showValue } from "@evercache/core";
import type { RedisOptions } from "ioredis";

/** An ioredis client or cluster, of any version: it is told by its methods. */
export interface RedisInstance {
  readonly isCluster: boolean;
  duplicate(): unknown;
}

export type RedisOption = string | RedisOptions | RedisInstance;

/** A connection that a scrape makes for itself. */
export interface Connection {
  connect(): Promise<unknown>;
  ping(): Promise<string>;
  info(...sections: string[]): Promise<string>;
  on(event: "error", listener: (error: unknown) => void): unknown;
  disconnect(): void;
}

export interface RedisNode {
  readonly name: string;
  /** Nothing is sent before `connect`, nothing is tried again. */
  open(): Connection | Promise<Connection>;
}

/** Which servers there are now: of a cluster, other ones after a while. */
export type RedisServers = () => readonly RedisNode[];

/** A connection for one look: it fails rather than waits, and lives no longer than that. */
const ONE_LOOK = {
  lazyConnect: true,
  enableOfflineQueue: false,
  enableReadyCheck: false,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  retryStrategy: null,
  sentinelRetryStrategy: () => null,
  reconnectOnError: null,
  keyPrefix: "",
  connectionName: "evercache-metrics",
} as const;

const HOW_TO =
  'write a URL such as "redis://localhost:6379", ioredis options such as { host: "localhost" }, or a Redis or Cluster instance of ioredis';

/** @throws EvercacheError `INVALID_OPTION` */
export function parseRedis(redis: unknown): RedisServers {
  if (typeof redis === "string") {
    const name = nameOfUrl(redis);
    return () => [{ name, open: async () => new (await driver())(redis, ONE_LOOK) }];
  }
  if (isInstance(redis)) return redis.isCluster ? () => nodesOf(redis) : () => [nodeOf(redis)];
  if (typeof redis === "object" && redis !== null && Object.getPrototypeOf(redis) === Object.prototype) {
    const name = nameOf(redis);
    return () => [{ name, open: async () => new (await driver())({ ...redis, ...ONE_LOOK }) }];
  }
  throw new EvercacheError("INVALID_OPTION", `redis: ${showValue(redis)} is not a Redis server: ${HOW_TO}.`, {
    value: redis,
  });
}

function isInstance(value: unknown): value is RedisInstance {
  return typeof value === "object" && value !== null && typeof (value as RedisInstance).duplicate === "function";
}

/** What is used of an ioredis client, and of each node of a cluster. */
interface Client {
  readonly options: RedisOptions;
  duplicate(options: object): Connection;
}

function nodesOf(cluster: RedisInstance): RedisNode[] {
  return (cluster as unknown as { nodes(role: "all"): Client[] }).nodes("all").map((node) => nodeOf(node));
}

function nodeOf(client: unknown): RedisNode {
  const { options } = client as Client;
  return { name: nameOf(options), open: () => (client as Client).duplicate(ONE_LOOK) };
}

function nameOf({ path, host = "localhost", port = 6379, sentinels, name }: RedisOptions): string {
  if (sentinels && sentinels.length > 0) return name ?? "sentinel";
  return path ?? `${host}:${port}`;
}

/** Without the password that may be in it. */
function nameOfUrl(url: string): string {
  if (url.startsWith("/")) return url;
  try {
    const { protocol, hostname, port } = new URL(url);
    if (protocol === "redis:" || protocol === "rediss:") return `${hostname || "localhost"}:${port || "6379"}`;
  } catch {
    // Told below.
  }
  throw new EvercacheError("INVALID_OPTION", `redis: the text is not the URL of a Redis server: ${HOW_TO}.`, {
    value: url.replace(/\/\/.*@/, "//***@"),
  });
}

/** Loaded at the first scrape: applications that name no server need not have it. */
async function driver() {
  return (await import("ioredis")).Redis;
}
