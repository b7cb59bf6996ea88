import { EvercacheError } from "@evercache/core";
import { Redis, type RedisOptions } from "ioredis";
import { OWN_OPTIONS, type Client, type RedisInstance } from "./client.js";

export interface RedisStoreOptions {
  /**
   * The server: a `Redis` of ioredis, a URL (`redis://…`, `rediss://…`, or the path of a Unix socket), or ioredis
   * options. Connections of its own are opened to it; an instance that is given is only read, never used, never closed.
   * Its `keyPrefix` is not taken over: `namespace` takes that place.
   */
  readonly redis: RedisInstance | RedisOptions | string;
  /** First part of every key: applications that share a server have one each. Up to 64 characters. */
  readonly namespace: string;
  /** Called each time the server told which incarnation it is. */
  readonly onProbe?: ((epoch: string) => void) | undefined;
}

const HOW_TO =
  'Write a Redis instance of ioredis, a URL such as "redis://localhost:6379", or ioredis options such as ' +
  '{ host: "localhost", port: 6379 }.';

/**
 * What opens one connection to the server that `redis` names.
 * @throws EvercacheError `INVALID_OPTION`
 */
export function parseRedis(redis: unknown): () => Client {
  if (typeof redis === "string") {
    checkUrl(redis);
    return () => new Redis(redis, OWN_OPTIONS);
  }
  if (isInstance(redis)) {
    if (redis.isCluster) {
      throw invalid("redis: Redis Cluster is not supported yet. Write a Redis instance for a single server.", redis);
    }
    const instance = redis as unknown as { duplicate(override: object): Client };
    return () => instance.duplicate(OWN_OPTIONS);
  }
  if (isPlainObject(redis)) return () => new Redis({ ...redis, ...OWN_OPTIONS });
  throw invalid(`redis: ${show(redis)} is not a Redis server. ${HOW_TO}`, redis);
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
