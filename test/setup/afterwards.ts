import { Redis } from "ioredis";
import { afterEach } from "vitest";
import { startRedis, type RedisServer } from "./redis.js";

const endings: (() => Promise<unknown> | void)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

/** What to do when the running test is over, last first. */
export function afterwards(end: () => Promise<unknown> | void): void {
  endings.push(end);
}

/** A Redis for the running test. */
export async function server(...args: string[]): Promise<RedisServer> {
  const started = await startRedis(args);
  afterwards(() => started.stop());
  return started;
}

/** A connection that says what is really there; closed when the running test is over. */
export function admin({ port }: { readonly port: number }): Redis {
  const redis = new Redis(port);
  redis.on("error", () => {});
  afterwards(() => redis.disconnect());
  return redis;
}
