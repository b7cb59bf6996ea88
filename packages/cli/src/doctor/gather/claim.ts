import type { Redis } from "ioredis";
import type { NamespaceFacts } from "../judge/namespace.js";

interface Reader {
  pttl(key: string): Promise<number>;
}

/**
 * The claim of the namespace. By MGET where possible, since the cache's user need not have GET; `redis` finds the node of
 * the key by itself in a Cluster.
 */
export async function readClaim(
  redis: Reader & Pick<Redis, "mget">,
  namespace: string,
): Promise<NamespaceFacts["claim"]> {
  const key = `${namespace}:{database}`;
  try {
    const [[value], remaining] = await Promise.all([redis.mget(key), redis.pttl(key)]);
    return typeof value === "string" ? { value, remaining } : null;
  } catch (error) {
    // Told by the trials of permissions.
    if (error instanceof Error && error.name === "ReplyError") return undefined;
    throw error;
  }
}
