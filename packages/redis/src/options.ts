import { EvercacheError } from "@evercache/core";
import type { RedisOptions } from "ioredis";
import { OWN_OPTIONS, type Address, type Client, type RedisInstance } from "./client.js";
import { openRedis, loadRedis } from "./ioredis.js";

const LOCALHOST = "127.0.0.1";
const DEFAULT_PORT = 6379;

export interface RedisStoreOptions {
  /**
   * The server: a `Redis` or `Cluster` of ioredis, a URL (`redis://…`, `rediss://…`, or the path of a Unix socket), or
   * ioredis options, also with `sentinels`. Connections of its own are opened to it; an instance that is given is only
   * read, never used, never closed. Its `keyPrefix` is not taken over: `namespace` takes that place.
   */
  readonly redis: RedisInstance | RedisOptions | string;
  /** First part of every key: applications that share a server have one each. Up to 64 characters. */
  readonly namespace: string;
  /** Called each time a server told which incarnation it is. */
  readonly onProbe?: ((epoch: string) => void) | undefined;
}

/** Opens a connection with the options that were given, `OWN_OPTIONS`, and these. */
export type Open = (override?: object) => Client | Promise<Client>;

/** How to reach the servers that `redis` names. */
export type Topology =
  | { readonly kind: "single"; readonly open: Open }
  | { readonly kind: "sentinel"; readonly open: Open; readonly sentinel: SentinelOptions }
  | { readonly kind: "cluster"; readonly open: Open; readonly cluster: ClusterOptions };

/** Of the options of ioredis, what leads to a primary that sentinels watch. */
export interface SentinelOptions {
  /** What the sentinels call the primary. */
  readonly name: string;
  readonly sentinels: readonly Partial<Address>[];
  readonly natMap: NatMap;
  /** Opens a connection to a sentinel. */
  readonly openSentinel: Open;
  /** For a connection to the primary. */
  readonly override: object;
}

/** Of the options of ioredis' Cluster, what leads to its nodes. */
export interface ClusterOptions {
  readonly startupNodes: readonly Address[];
  readonly natMap: NatMap;
  /** Where a startup node's name leads; null: as the system says. */
  readonly lookup: ((host: string) => Promise<string>) | null;
}

/** From an address as servers tell it to the one that it has from here. */
export type NatMap = (address: Address) => Address;

const HOW_TO =
  'Write a Redis or Cluster instance of ioredis, a URL such as "redis://localhost:6379", or ioredis options such as ' +
  '{ host: "localhost", port: 6379 }.';

/**
 * Loads ioredis where connections cannot be made by duplicating what is given.
 * @throws EvercacheError `INVALID_OPTION`
 */
export function parseRedis(redis: unknown): Topology {
  const topology = readTopology(redis);
  if (topology.kind !== "single" || !isInstance(redis)) loadRedis();
  return topology;
}

function readTopology(redis: unknown): Topology {
  if (typeof redis === "string") {
    checkUrl(redis);
    return {
      kind: "single",
      open: (override) => openRedis((Driver) => new Driver(redis, { ...OWN_OPTIONS, ...override })),
    };
  }
  if (isInstance(redis)) {
    if (redis.isCluster) return parseCluster(redis);
    const instance = redis as unknown as { options?: RedisOptions; duplicate(override: object): Client };
    return singleOrSentinel(instance.options ?? {}, (override) => instance.duplicate({ ...OWN_OPTIONS, ...override }));
  }
  if (isPlainObject(redis)) {
    return singleOrSentinel(redis, (override) =>
      openRedis((Driver) => new Driver({ ...redis, ...OWN_OPTIONS, ...override })),
    );
  }
  throw invalid(`redis: ${show(redis)} is not a Redis server. ${HOW_TO}`, redis);
}

function singleOrSentinel(options: RedisOptions, open: Open): Topology {
  const { sentinels, name } = options;
  if (!sentinels || sentinels.length === 0) return { kind: "single", open };
  if (!name) {
    throw invalid('redis: sentinels know a primary by its name. Write a name, for example "mymaster".', options);
  }
  return {
    kind: "sentinel",
    open,
    sentinel: {
      name,
      sentinels,
      natMap: readNatMap(options.natMap),
      override: {
        sentinels: null,
        // As ioredis has it: `tls` is for the primary only if this says so.
        ...(!options.enableTLSForSentinelMode && { tls: undefined }),
      },
      openSentinel: (override) =>
        openRedis(
          (Driver) =>
            new Driver({
              ...OWN_OPTIONS,
              username: options.sentinelUsername ?? undefined,
              password: options.sentinelPassword ?? undefined,
              ...(options.sentinelTLS && { tls: options.sentinelTLS }),
              ...(options.family !== undefined && { family: options.family }),
              ...override,
            }),
        ),
    },
  };
}

/** What is read of an instance of ioredis' Cluster. */
interface ClusterInstance {
  readonly startupNodes?: readonly (string | number | { host?: string; port?: number })[];
  readonly options?: {
    readonly redisOptions?: RedisOptions;
    readonly natMap?: RedisOptions["natMap"];
    readonly dnsLookup?: DnsLookup;
    readonly useSRVRecords?: boolean;
  };
}

type DnsLookup = (host: string, callback: (error: Error | null | undefined, address: string) => void) => void;

function parseCluster(instance: object): Topology {
  const { startupNodes = [], options = {} } = instance as ClusterInstance;
  if (startupNodes.length === 0)
    throw invalid("redis: the cluster has no startup nodes. Write a list of them.", instance);
  if (options.useSRVRecords) {
    throw invalid("redis: useSRVRecords is not supported. Write a list of startup nodes with host and port.", instance);
  }
  const { dnsLookup } = options;
  return {
    kind: "cluster",
    open: (override) => openRedis((Driver) => new Driver({ ...options.redisOptions, ...OWN_OPTIONS, ...override })),
    cluster: {
      startupNodes: startupNodes.map((node) => readStartupNode(node)),
      natMap: readNatMap(options.natMap),
      // Not imported: that takes milliseconds, and others than clusters need it when they connect, or never.
      lookup:
        dnsLookup === undefined || dnsLookup === (process.getBuiltinModule("node:dns").lookup as unknown)
          ? null
          : (host) =>
              new Promise((resolve, reject) => {
                dnsLookup(host, (error, address) => (error ? reject(error) : resolve(address)));
              }),
    },
  };
}

function readStartupNode(node: string | number | { host?: string; port?: number }): Address {
  if (typeof node === "object") return { host: node.host ?? LOCALHOST, port: node.port ?? DEFAULT_PORT };
  if (typeof node === "number" || /^\d+$/.test(node)) return { host: LOCALHOST, port: Number(node) };
  const { hostname, port } = new URL(node.includes("://") ? node : `redis://${node}`);
  return { host: hostname.replaceAll(/^\[|\]$/g, ""), port: Number(port || DEFAULT_PORT) };
}

function readNatMap(natMap: RedisOptions["natMap"] | null): NatMap {
  if (!natMap) return (address) => address;
  const map = natMap;
  return (address) => {
    const key = `${address.host}:${address.port}`;
    return (typeof map === "function" ? map(key) : map[key]) ?? address;
  };
}

function checkUrl(text: string): void {
  // A Unix socket.
  if (/^\/[^/]/.test(text)) return;
  let protocol: string | null = null;
  try {
    ({ protocol } = new URL(text));
  } catch {
    // Told below.
  }
  if (protocol === "redis:" || protocol === "rediss:") return;
  const what = protocol === null ? "the text is not a URL" : `"${protocol}//…" is not the URL of a Redis server`;
  // Neither the message nor the value tells a password.
  throw invalid(`redis: ${what}. ${HOW_TO}`, text.replace(/\/\/.*@/, "//***@"));
}

function isInstance(value: unknown): value is RedisInstance {
  return typeof value === "object" && value !== null && typeof (value as RedisInstance).duplicate === "function";
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function show(value: unknown): string {
  if (value instanceof URL) return "a URL object (write its href)";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" && value !== null ? "an object of this class" : String(value);
}

function invalid(message: string, value: unknown): EvercacheError {
  return new EvercacheError("INVALID_OPTION", message, { value });
}
