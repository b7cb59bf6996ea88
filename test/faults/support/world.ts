import { cacheExtension, type CacheEvent } from "@evercache/prisma";
import { createFaultProxy, type FaultProxy } from "@evercache/testing";
import { Redis } from "ioredis";
import { expect, onTestFinished } from "vitest";
import type { PrismaClient } from "../../setup/generated/postgresql/client.js";
import { startRedis, type RedisServer } from "../../setup/redis.js";

export type ExtensionOptions = NonNullable<Parameters<typeof cacheExtension>[0]>;

/** Longer than any deadline of the cache, and than a busy machine takes for a query; shorter than waiting for Redis. */
export const LONGEST_CALL = 1_500;

/** What a test waits for takes no longer than this, unless it never comes. */
export const PATIENCE = { timeout: 15_000, interval: 10 };

export async function ownRedis(...args: string[]): Promise<RedisServer> {
  const redis = await startRedis(args);
  onTestFinished(() => redis.stop());
  return redis;
}

/** A connection past the cache and past every proxy. */
export function adminOf({ url }: { readonly url: string }): Redis {
  const admin = new Redis(url);
  admin.on("error", () => {});
  onTestFinished(() => admin.disconnect());
  return admin;
}

export async function proxyTo(port: number): Promise<FaultProxy> {
  const proxy = await createFaultProxy({ target: { port } });
  onTestFinished(() => proxy.close());
  return proxy;
}

export function urlOf({ host, port }: { readonly host: string; readonly port: number }): string {
  return `redis://${host}:${port}`;
}

/** A client with the cache, as users make it: usual deadlines. Closed when the running test is over. */
export function cacheBefore(plain: PrismaClient, redis: string, options: ExtensionOptions = {}) {
  const cached = plain.$extends(cacheExtension({ redis, namespace: "shop", ...options }));
  const events: CacheEvent[] = [];
  cached.$cache.on("event", (event) => events.push(event));
  onTestFinished(() => cached.$cache.disconnect());

  const user = (id: number) => cached.user.findUnique({ where: { id } }).withCacheInfo();
  return {
    cached,
    events,
    user,
    nameOf: async (id: number) => (await user(id)).data?.name,
    rename: (id: number, name: string) => cached.user.update({ where: { id }, data: { name } }),
    /** Until this user's row is answered from the cache again. */
    untilHit: (id: number) => expect.poll(async () => (await user(id)).info.status, PATIENCE).toBe("hit"),
    seen: <T extends CacheEvent["type"]>(type: T) =>
      events.filter((event): event is Extract<CacheEvent, { type: T }> => event.type === type),
  };
}

/** How long `act` took, in milliseconds, with what it came to. */
export async function timed<T>(act: () => PromiseLike<T>): Promise<{ result: T; milliseconds: number }> {
  const began = performance.now();
  const result = await act();
  return { result, milliseconds: performance.now() - began };
}
