import { randomUUID } from "node:crypto";
import { cacheExtension, type CacheEvent, type CacheOptions } from "@evercache/prisma";
import { wrapStore, type StoreHooks } from "@evercache/testing";
import { createRedisStore } from "@evercache/redis";
import { expect, onTestFinished } from "vitest";
import { redisUrl, testShop, type Provider, type TestClient } from "../setup/client.js";
import { Prisma } from "../setup/generated/postgresql/client.js";

type Models = CacheOptions<Prisma.ModelName>["models"];
export type Options = Pick<
  CacheOptions,
  "defaults" | "encryption" | "consistency" | "awaitRelease" | "rememberRows" | "scope" | "fastPath"
> & {
  readonly models?: Models;
};

export const REFILL: Options = { defaults: { onWrite: "refill" } };
const PATIENT = { deadline: "10s", writeDeadline: "10s" } as const;

export async function shop(provider: Provider = "postgresql") {
  const client = await testShop(provider);
  // The seed gave its rows their ids.
  const tables = provider === "postgresql" ? ["Product", "users", "Review", "audit_log"] : [];
  for (const table of tables)
    await client.prisma.$executeRawUnsafe(`ALTER SEQUENCE "${table}_id_seq" RESTART WITH 1000`);
  const namespace = `refill-${randomUUID()}`;
  return {
    ...client,
    plain: client.prisma,
    start: (options: Options = REFILL, hooks: StoreHooks = {}) => start(client, namespace, options, hooks),
  };
}

/** A process of its own. */
function start({ prisma }: TestClient, namespace: string, options: Options, hooks: StoreHooks) {
  const store = wrapStore(createRedisStore({ redis: redisUrl(), namespace }), hooks);
  const cached = prisma.$extends(cacheExtension({ store, namespace, ...PATIENT, ...options }));
  const events: CacheEvent[] = [];
  cached.$cache.on("event", (event) => events.push(event));
  onTestFinished(() => cached.$cache.disconnect());
  return { cached, events };
}

export interface Informed<T> {
  withCacheInfo(): Promise<{ readonly data: T; readonly info: { readonly status: string } }>;
}

/** The result, which must come from the cache. */
export async function hit<T>(read: Informed<T>): Promise<T> {
  const { data, info } = await read.withCacheInfo();
  expect(info.status).toBe("hit");
  return data;
}

export async function statusOf(read: Informed<unknown>): Promise<string> {
  return (await read.withCacheInfo()).info.status;
}

/** A row with values that are easily spoiled on their way. */
export const odd = (sku: string, provider: Provider) => ({
  sku,
  name: "Ω\u0000".slice(0, 1) + " 'quoted' \\ 🫖",
  description: null,
  price: new Prisma.Decimal("12345678901234.123456789"),
  weight: 0.1 + 0.2,
  stock: -2_147_483_648,
  attributes: { nested: [1, null, { "": "x" }], long: "é".repeat(300), big: 1e21 },
  image: new Uint8Array([0, 255, 128, 10]),
  createdAt: new Date("2001-02-03T04:05:06.789Z"),
  ...(provider === "postgresql" ? { labels: ["a", "", "ü,{}"] } : {}),
});
