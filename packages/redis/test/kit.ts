import { rowTag, type StoreStatus, type Tag } from "@evercache/core";
import { Redis } from "ioredis";
import { afterEach, expect, vi } from "vitest";
import { startRedis, type RedisServer } from "../../../test/setup/redis.js";
import { createRedisStore, type RedisStore, type RedisStoreOptions } from "../src/index.js";

export const LONG = 60_000;

// Longer than what waits inside a test, so that a failure says what was waited for.
vi.setConfig({ testTimeout: 30_000 });

const endings: (() => Promise<unknown> | void)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

/** What to do when the running test is over, last first. */
export function afterwards(end: () => Promise<unknown> | void): void {
  endings.push(end);
}

export async function server(...args: string[]): Promise<RedisServer> {
  const started = await startRedis(args);
  afterwards(() => started.stop());
  return started;
}

/** A connection that says what is really there. */
export function admin({ port }: { readonly port: number }): Redis {
  const redis = new Redis(port);
  redis.on("error", () => {});
  afterwards(() => redis.disconnect());
  return redis;
}

export interface ObservedStore extends RedisStore {
  /** Every status that it reported, with the error where there was one. */
  readonly reports: readonly { readonly status: StoreStatus; readonly error: unknown }[];
}

/** A store that may not be ready yet. */
export function observe(options: Partial<RedisStoreOptions> & Pick<RedisStoreOptions, "redis">): ObservedStore {
  const store = createRedisStore({ namespace: "test", ...options });
  afterwards(() => store.close());
  const reports: { status: StoreStatus; error: unknown }[] = [];
  store.onStatus((status, error) => reports.push({ status, error }));
  return Object.defineProperty(store, "reports", { value: reports }) as ObservedStore;
}

export async function connect(
  options: Partial<RedisStoreOptions> & Pick<RedisStoreOptions, "redis">,
): Promise<ObservedStore> {
  const store = observe(options);
  await becomes(store, "ready");
  return store;
}

/** Asks again and again, for as long as it takes a slow machine. */
export async function eventually(check: () => void | Promise<void>): Promise<void> {
  await vi.waitFor(check, { timeout: 20_000, interval: 5 });
}

export async function becomes(store: RedisStore, status: StoreStatus): Promise<void> {
  await eventually(() => expect(store.status).toBe(status));
}

export async function stateOf(store: RedisStore, tag: Tag) {
  return (await store.lookup("none", [tag])).tokens[0];
}

export const unavailable = expect.objectContaining({ name: "StoreUnavailableError" });

export const TAG = rowTag("Product", ["1"]);
export const TAG_KEY = "test:tag:{Product}:row:1";
