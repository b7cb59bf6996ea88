import { readFileSync } from "node:fs";
import type { RedisOptions } from "ioredis";
import { messageOf, usageError } from "../cli-error.js";
import { hostOf, portOf, type RedisAddress } from "./address.js";

/** Milliseconds that a connection may take to be made. */
const CONNECT_TIMEOUT = 5_000;
/** And a command until it is answered: a frozen server takes commands and is silent. */
const COMMAND_TIMEOUT = 5_000;

/** A command line asks once, and says what it was told: nothing is queued, sent twice, or tried again for ever. */
const OWN_OPTIONS = {
  lazyConnect: true,
  enableReadyCheck: false,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  retryStrategy: () => null,
  sentinelRetryStrategy: () => null,
  connectTimeout: CONNECT_TIMEOUT,
  commandTimeout: COMMAND_TIMEOUT,
  connectionName: "evercache-cli",
  replyMapping: "legacy",
} as const;

/** `replyMapping` is of ioredis 6. */
export type OwnOptions = Omit<RedisOptions, "replyMapping"> & { replyMapping: "legacy" };

export interface Node {
  readonly host: string;
  readonly port: number;
}

/** Where each URL leads. */
export function nodesOf(address: RedisAddress): Node[] {
  return address.urls.map((url) => ({
    // IPv6 stands in brackets in a URL.
    host: hostOf(url).replace(/^\[|\]$/g, ""),
    port: portOf(url, address.kind),
  }));
}

/**
 * The options of ioredis for a connection to a server with data. User, password and database are those of the first URL,
 * behind Sentinel and in a Cluster too. @throws CliError
 */
export function redisOptions(address: RedisAddress): OwnOptions {
  const [url] = address.urls as [URL, ...URL[]];
  const options: OwnOptions = { ...OWN_OPTIONS };
  if (url.username !== "") options.username = decodeURIComponent(url.username);
  if (url.password !== "") options.password = decodeURIComponent(url.password);
  if (url.pathname.length > 1) options.db = Number(url.pathname.slice(1));
  if (address.tls) options.tls = tlsOptions(address.tls);
  if (address.kind !== "sentinel") return Object.assign(options, nodesOf(address)[0]);
  options.sentinels = nodesOf(address);
  options.name = address.name;
  if (address.username !== undefined) options.sentinelUsername = address.username;
  if (address.password !== undefined) options.sentinelPassword = address.password;
  if (options.tls) {
    options.sentinelTLS = options.tls;
    options.enableTLSForSentinelMode = true;
  }
  return options;
}

function tlsOptions({ ca, isInsecure }: NonNullable<RedisAddress["tls"]>): NonNullable<RedisOptions["tls"]> {
  const options: NonNullable<RedisOptions["tls"]> = {};
  if (isInsecure) options.rejectUnauthorized = false;
  if (ca !== undefined) {
    try {
      options.ca = readFileSync(ca);
    } catch (error) {
      throw usageError(`--tls-ca: ${messageOf(error)}`, error);
    }
  }
  return options;
}
