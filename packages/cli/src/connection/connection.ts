import { Cluster, Redis } from "ioredis";
import { CliError, messageOf } from "../cli-error.js";
import { ExitCode } from "../exit-codes.js";
import { showAddress, type RedisAddress } from "./address.js";
import { isRefused } from "./connection-error.js";
import { nodesOf, redisOptions } from "./redis-options.js";

/** A connection that stands. */
export interface RedisConnection {
  /** `createRedisStore` and `createInvalidator` take it as `redis`, too: they open connections of their own beside it. */
  readonly redis: Redis | Cluster;
  /** For people. */
  readonly name: string;
  close(): void;
}

/**
 * Connects, or says why that cannot be.
 * @throws CliError with the exit code of an unreachable Redis
 */
export async function connect(address: RedisAddress): Promise<RedisConnection> {
  const redis = address.kind === "cluster" ? createCluster(address) : new Redis(redisOptions(address));
  const name = showAddress(address);
  // ioredis tells why it could not connect by this event alone.
  let reason: unknown;
  redis.on("error", (error: unknown) => (reason = error));
  try {
    await redis.connect();
    await redis.ping().catch(refuseUser);
    return { redis, name, close: () => redis.disconnect() };
  } catch (error) {
    redis.disconnect();
    throw unreachable(name, isRefused(error) ? error : (reason ?? error));
  }
}

/** Whatever else the server says to a PING (that it reads its data, or cannot write to its disk), it is there. */
function refuseUser(error: unknown): void {
  if (isRefused(error) || !(error instanceof Error) || error.name !== "ReplyError") throw error;
}

function createCluster(address: RedisAddress): Cluster {
  const {
    host: _host,
    port: _port,
    enableOfflineQueue: _queue,
    retryStrategy: _retry,
    ...options
  } = redisOptions(address);
  return new Cluster(nodesOf(address), {
    lazyConnect: true,
    enableOfflineQueue: true,
    clusterRetryStrategy: () => null,
    redisOptions: options,
    slotsRefreshTimeout: 5_000,
  });
}

function unreachable(name: string, error: unknown): CliError {
  const last = (error as { lastNodeError?: unknown } | null)?.lastNodeError;
  const cause = last ?? error;
  const what = isRefused(cause) ? "refuses the user" : "cannot be reached";
  return new CliError(`Redis at ${name} ${what}: ${messageOf(cause)}`, ExitCode.unreachable, { cause });
}
