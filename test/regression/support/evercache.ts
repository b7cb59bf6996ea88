import type { Store } from "@evercache/core";
import { cacheExtension, type CacheEvent } from "@evercache/prisma";
import { createRedisStore } from "@evercache/redis";
import { wrapStore, type StoreHooks } from "@evercache/testing";
import { onTestFinished } from "vitest";
import type { PrismaClient } from "../../setup/generated/postgresql/client.js";
import type { MakeSubject, SubjectPlace } from "./subject.js";

/** These tests are about what is cached, however slow the machine is. */
const PATIENT = { deadline: "10s", writeDeadline: "10s" } as const;

export type ExtensionOptions = NonNullable<Parameters<typeof cacheExtension>[0]>;

/** The cache under test, as a scenario's subject. */
export function evercache(options: ExtensionOptions = {}): MakeSubject {
  return (plain, place) => {
    const { cached, settled } = withEvercache(plain, place, options);
    return { prisma: cached as unknown as PrismaClient, settled };
  };
}

/** The cache under test, with what only it has. Closed when the running test is over. */
export function withEvercache(plain: PrismaClient, place: SubjectPlace, options: ExtensionOptions = {}) {
  const { redisUrl: redis, namespace } = place;
  const where = options.store === undefined ? { redis, namespace } : { namespace };
  const cached = plain.$extends(cacheExtension({ ...where, ...PATIENT, ...options }));
  const events: CacheEvent[] = [];
  cached.$cache.on("event", (event) => events.push(event));
  onTestFinished(() => cached.$cache.disconnect());
  // Fills and releases go by the same connection, in order.
  const settled = async () => void (await cached.$cache.invalidate({ tags: ["settled"] }));
  return { cached, events, settled };
}

/** The store that evercache itself would open there, with points at which a test may hold or fail it. */
export function hookedStore({ redisUrl, namespace }: SubjectPlace, hooks: StoreHooks): Store {
  return wrapStore(createRedisStore({ redis: redisUrl, namespace }), hooks);
}
